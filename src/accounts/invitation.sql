-- SPDX-License-Identifier: Apache-2.0

-- name: insert
-- A link for one person.
INSERT INTO invitation (id, shop_id, email, name, role, token_hash, created_by, created_at, expires_at, accepted_at, accepted_by)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL, NULL);

-- name: find
-- By its token, while it is good. The token is the proof, so any shop.
SELECT id, shop_id, email, name, role, created_by, created_at, expires_at, accepted_at FROM invitation
WHERE token_hash = ?1 AND accepted_at IS NULL AND expires_at > ?2;

-- name: list
-- Of one shop, newest first.
SELECT id, shop_id, email, name, role, created_by, created_at, expires_at, accepted_at FROM invitation
WHERE shop_id = ?1 ORDER BY id DESC LIMIT 500;

-- name: accept
-- One row if it was still good.
UPDATE invitation SET accepted_at = ?2, accepted_by = ?3 WHERE id = ?1 AND accepted_at IS NULL AND expires_at > ?2;

-- name: delete
-- Withdrawn.
DELETE FROM invitation WHERE id = ?1 AND shop_id = ?2 AND accepted_at IS NULL;

-- name: reset_insert
-- A link to a new password; earlier ones of the same person end.
INSERT INTO password_reset (id, user_id, token_hash, created_by, created_at, expires_at, used_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL);

-- name: reset_end
-- Earlier links of a person end.
UPDATE password_reset SET used_at = ?2 WHERE user_id = ?1 AND used_at IS NULL;

-- name: reset_find
-- By its token, while it is good.
SELECT id, user_id FROM password_reset WHERE token_hash = ?1 AND used_at IS NULL AND expires_at > ?2;

-- name: reset_use
-- One row if it was still good.
UPDATE password_reset SET used_at = ?2 WHERE id = ?1 AND used_at IS NULL AND expires_at > ?2;

-- name: reset_sweep
-- Past their time.
DELETE FROM password_reset WHERE expires_at <= ?1;

-- name: sweep
-- Past their time for a month.
DELETE FROM invitation WHERE expires_at <= ?1 AND accepted_at IS NULL;

-- SPDX-License-Identifier: Apache-2.0

-- name: begin
-- A secret waiting for its first code.
UPDATE staff SET totp_pending = ?2 WHERE id = ?1;

-- name: state
-- Both secrets (sealed) and the last used step.
SELECT totp_secret, totp_pending, totp_step FROM staff WHERE id = ?1;

-- name: enable
-- The pending secret becomes the secret.
UPDATE staff SET totp_secret = totp_pending, totp_pending = NULL, totp_step = ?2 WHERE id = ?1 AND totp_pending IS NOT NULL;

-- name: disable
-- No second factor any more.
UPDATE staff SET totp_secret = NULL, totp_pending = NULL, totp_step = 0 WHERE id = ?1;

-- name: use_step
-- A code works once: no row when this step or a later one was used.
UPDATE staff SET totp_step = ?2 WHERE id = ?1 AND totp_step < ?2;

-- name: recovery_insert
-- One of ten.
INSERT INTO recovery_code (user_id, code_hash, used_at) VALUES (?1, ?2, NULL);

-- name: recovery_clear
-- New ones replace the old.
DELETE FROM recovery_code WHERE user_id = ?1;

-- name: recovery_use
-- One row if it was good and unused.
UPDATE recovery_code SET used_at = ?3 WHERE user_id = ?1 AND code_hash = ?2 AND used_at IS NULL;

-- name: recovery_left
-- How many are left.
SELECT count(*) FROM recovery_code WHERE user_id = ?1 AND used_at IS NULL;

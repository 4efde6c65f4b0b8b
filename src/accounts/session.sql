-- SPDX-License-Identifier: Apache-2.0

-- name: find
-- By the current token. Only while the person is an active member of the shop they work in.
SELECT s.id, s.user_id, s.shop_id, s.csrf, s.created_at, s.rotated_at, s.seen_at, s.expires_at, s.old_until,
       CASE WHEN s.old_hash IS NULL THEN 0 ELSE 1 END, m.role, u.nickname
FROM session s JOIN staff u ON u.id = s.user_id JOIN membership m ON m.user_id = s.user_id AND m.shop_id = s.shop_id
WHERE s.token_hash = ?1 AND m.active = 1;

-- name: find_old
-- By the token before it.
SELECT s.id, s.user_id, s.shop_id, s.csrf, s.created_at, s.rotated_at, s.seen_at, s.expires_at, s.old_until,
       CASE WHEN s.old_hash IS NULL THEN 0 ELSE 1 END, m.role, u.nickname
FROM session s JOIN staff u ON u.id = s.user_id JOIN membership m ON m.user_id = s.user_id AND m.shop_id = s.shop_id
WHERE s.old_hash = ?1 AND m.active = 1;

-- name: alive
-- For open sockets: does it still stand?
SELECT s.id FROM session s JOIN membership m ON m.user_id = s.user_id AND m.shop_id = s.shop_id
WHERE s.id = ?1 AND s.expires_at > ?2 AND m.active = 1;

-- name: insert
-- A new log-in.
INSERT INTO session (id, user_id, shop_id, token_hash, old_hash, old_until, csrf, created_at, rotated_at, seen_at, expires_at, address, agent)
VALUES (?1, ?2, ?3, ?4, NULL, 0, ?5, ?6, ?6, ?6, ?7, ?8, ?9);

-- name: seen
-- Still in use.
UPDATE session SET seen_at = ?2 WHERE id = ?1;

-- name: confirm
-- The new token has been seen: the old one ends soon.
UPDATE session SET old_until = ?2, seen_at = ?3 WHERE id = ?1 AND old_hash IS NOT NULL AND old_until = 0;

-- name: rotate
-- The token in use (?2) becomes the old one; no row when somebody was faster.
UPDATE session SET token_hash = ?3, old_hash = ?2, old_until = 0, rotated_at = ?4, seen_at = ?4
WHERE id = ?1 AND (token_hash = ?2 OR old_hash = ?2) AND rotated_at = ?5;

-- name: shop
-- Works in another of their shops from now on.
UPDATE session SET shop_id = ?3 WHERE id = ?1 AND user_id = ?2;

-- name: delete
-- Log-out.
DELETE FROM session WHERE id = ?1 AND user_id = ?2;

-- name: list_but
-- Ids of a person's sessions but one.
SELECT id FROM session WHERE user_id = ?1 AND id <> ?2;

-- name: list_in_shop
-- Ids of a person's sessions in one shop.
SELECT id FROM session WHERE user_id = ?1 AND shop_id = ?2;

-- name: delete_but
-- Log-out everywhere else.
DELETE FROM session WHERE user_id = ?1 AND id <> ?2;

-- name: delete_in_shop
-- No longer a member there.
DELETE FROM session WHERE user_id = ?1 AND shop_id = ?2;

-- name: sweep
-- Past their time.
DELETE FROM session WHERE expires_at <= ?1 OR seen_at <= ?2;

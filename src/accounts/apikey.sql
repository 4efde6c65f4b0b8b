-- SPDX-License-Identifier: Apache-2.0

-- name: insert
-- A new key.
INSERT INTO api_key (id, shop_id, user_id, name, hint, key_hash, scopes, created_at, used_at, revoked_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL, NULL);

-- name: find
-- By the key itself, while it and its person are good.
SELECT k.id, k.shop_id, k.user_id, k.name, k.scopes, k.used_at, m.role, u.nickname
FROM api_key k JOIN staff u ON u.id = k.user_id JOIN membership m ON m.user_id = k.user_id AND m.shop_id = k.shop_id
WHERE k.key_hash = ?1 AND k.revoked_at IS NULL AND m.active = 1;

-- name: alive
-- For open sockets: does it still stand?
SELECT k.id FROM api_key k JOIN membership m ON m.user_id = k.user_id AND m.shop_id = k.shop_id
WHERE k.id = ?1 AND k.revoked_at IS NULL AND m.active = 1;

-- name: list
-- Of one shop.
SELECT id, name, hint, scopes, user_id, created_at, used_at, revoked_at FROM api_key WHERE shop_id = ?1 ORDER BY id LIMIT 1000;

-- name: used
-- To the hour.
UPDATE api_key SET used_at = ?2 WHERE id = ?1;

-- name: revoke
-- One row if it was good.
UPDATE api_key SET revoked_at = ?3 WHERE id = ?1 AND shop_id = ?2 AND revoked_at IS NULL;

-- name: count
-- Keys in force.
SELECT count(*) FROM api_key WHERE shop_id = ?1 AND revoked_at IS NULL;

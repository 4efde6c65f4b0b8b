-- SPDX-License-Identifier: Apache-2.0

-- name: by_key
-- The public key in the snippet names the channel and so the shop.
SELECT id, shop_id, key, kind, name, secret, config, greeting_ms, reply_ms, sla_version, active FROM channel WHERE key = ?1;

-- name: by_id
-- Any shop: a visitor's token names the channel, whose secret then proves the token.
SELECT id, shop_id, key, kind, name, secret, config, greeting_ms, reply_ms, sla_version, active FROM channel WHERE id = ?1;

-- name: get
-- One channel of the shop.
SELECT id, shop_id, key, kind, name, secret, config, greeting_ms, reply_ms, sla_version, active FROM channel WHERE id = ?1 AND shop_id = ?2;

-- name: list
-- All of the shop.
SELECT id, shop_id, key, kind, name, secret, config, greeting_ms, reply_ms, sla_version, active FROM channel WHERE shop_id = ?1 ORDER BY id;

-- name: insert
-- A new one.
INSERT INTO channel (id, shop_id, key, kind, name, secret, config, greeting_ms, reply_ms, sla_version, active, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, 1, ?10);

-- name: update
-- Key and secret stay.
UPDATE channel SET name = ?3, config = ?4, greeting_ms = ?5, reply_ms = ?6, sla_version = ?7, active = ?8 WHERE id = ?1 AND shop_id = ?2;

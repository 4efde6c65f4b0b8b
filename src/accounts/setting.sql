-- SPDX-License-Identifier: Apache-2.0

-- name: get
-- What is in force.
SELECT version, value, by_user, at_ms FROM setting WHERE shop_id = ?1 AND name = ?2 ORDER BY version DESC LIMIT 1;

-- name: at
-- What was in force.
SELECT version, value, by_user, at_ms FROM setting WHERE shop_id = ?1 AND name = ?2 AND version = ?3;

-- name: history
-- All versions, newest first.
SELECT version, value, by_user, at_ms FROM setting WHERE shop_id = ?1 AND name = ?2 ORDER BY version DESC LIMIT 500;

-- name: insert
-- No row when another was faster.
INSERT INTO setting (shop_id, name, version, value, by_user, at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING;

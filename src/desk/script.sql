-- SPDX-License-Identifier: Apache-2.0

-- name: list
-- Every row of the shop, hidden ones too: they take built-in scripts away.
SELECT id, version, body, active FROM script WHERE shop_id = ?1 ORDER BY id LIMIT 6000;

-- name: get
-- One row.
SELECT id, version, body, active FROM script WHERE shop_id = ?1 AND id = ?2;

-- name: count
-- How many a shop keeps, hidden ones too.
SELECT count(*) FROM script WHERE shop_id = ?1;

-- name: version
-- Grows with every change of the shop's rows.
SELECT CAST(coalesce(sum(version), 0) AS BIGINT) FROM script WHERE shop_id = ?1;

-- name: insert
-- No row when another was faster.
INSERT INTO script (shop_id, id, version, body, active, updated_by, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING;

-- name: update
-- One row if ?8 is still the version in force.
UPDATE script SET version = ?3, body = ?4, active = ?5, updated_by = ?6, updated_at = ?7 WHERE shop_id = ?1 AND id = ?2 AND version = ?8;

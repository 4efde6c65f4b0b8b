-- SPDX-License-Identifier: Apache-2.0

-- name: take
-- Taken or renewed until ?4; no row while another holder's runs (?5: now).
INSERT INTO lease (name, holder, node, until_ms) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, node = excluded.node, until_ms = excluded.until_ms
WHERE lease.holder = excluded.holder OR lease.until_ms <= ?5;

-- name: drop
-- All of one process, when it ends.
DELETE FROM lease WHERE holder = ?1;

-- name: drop_node
-- What an earlier process of this node left when it was killed (SQLite: there is one node).
-- sqlite: DELETE FROM lease WHERE ?1 >= 0
-- pg: DELETE FROM lease WHERE node = ?1
;

-- SPDX-License-Identifier: Apache-2.0

-- name: insert
-- One act.
INSERT INTO audit (id, shop_id, actor_id, actor_role, session_id, kind, subject_id, detail, address, at_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);

-- name: list
-- Newest first, before a cursor.
SELECT a.id, a.actor_id, a.actor_role, u.name, a.kind, a.subject_id, a.detail, a.address, a.at_ms
FROM audit a LEFT JOIN staff u ON u.id = a.actor_id
WHERE a.shop_id = ?1 AND a.id < ?2 ORDER BY a.id DESC LIMIT ?3;

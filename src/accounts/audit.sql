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

-- name: sweep
-- The shop's oldest lines, if they are older than it wants to keep.
DELETE FROM audit WHERE id IN
    (SELECT id FROM (SELECT id, at_ms FROM audit WHERE shop_id = ?1 ORDER BY id LIMIT ?3) t WHERE at_ms < ?2);

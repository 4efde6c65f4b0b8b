-- SPDX-License-Identifier: Apache-2.0

-- name: insert
-- Its bytes are on disk already; nothing refers to it yet.
INSERT INTO file (id, shop_id, customer_id, user_id, name, type, bytes, width, height, link_key, used, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11);

-- name: get
-- By its id; the key of the link is the proof, so any shop.
SELECT id, shop_id, customer_id, user_id, name, type, bytes, width, height, link_key, used, created_at FROM file WHERE id = ?1;

-- name: use
-- A message refers to it: it stays. No row when it was swept meanwhile.
UPDATE file SET used = 1 WHERE id = ?1 AND shop_id = ?2;

-- name: quota
-- What one customer has uploaded since a time.
SELECT count(*), CAST(coalesce(sum(bytes), 0) AS BIGINT) FROM file WHERE customer_id = ?1 AND created_at > ?2;

-- name: unused
-- Uploaded before a time and never sent, of every shop.
SELECT id FROM file WHERE used = 0 AND created_at < ?1 ORDER BY id LIMIT ?2;

-- name: drop
-- One row if nothing refers to it still.
DELETE FROM file WHERE id = ?1 AND used = 0;

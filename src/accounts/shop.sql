-- SPDX-License-Identifier: Apache-2.0

-- name: insert
-- A new shop.
INSERT INTO shop (id, name, timezone, owners_version, created_at) VALUES (?1, ?2, ?3, 0, ?4);

-- name: get
-- One shop.
SELECT id, name, timezone, created_at FROM shop WHERE id = ?1;

-- name: update
-- Name and time zone.
UPDATE shop SET name = ?2, timezone = ?3 WHERE id = ?1;

-- name: list_all
-- Every shop of the installation: the command line and jobs only.
SELECT id, name, timezone, created_at FROM shop ORDER BY id;

-- name: list_of_user
-- The shops a person works in.
SELECT s.id, s.name, s.timezone, s.created_at FROM membership m JOIN shop s ON s.id = m.shop_id
WHERE m.user_id = ?1 AND m.active = 1 ORDER BY s.id;

-- name: count
-- None yet: the installation needs its set-up.
SELECT count(*) FROM shop;

-- name: lock_owners
-- A write that makes two changes of ownership wait for each other, whatever the isolation level.
UPDATE shop SET owners_version = owners_version + 1 WHERE id = ?1;

-- name: owners
-- Owners who can still log in.
SELECT count(*) FROM membership WHERE shop_id = ?1 AND role = 'owner' AND active = 1;

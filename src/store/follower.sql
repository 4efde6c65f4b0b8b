-- SPDX-License-Identifier: Apache-2.0

-- name: start
-- A follower seen for the first time begins at the first event.
INSERT INTO follower (name, xid, position, updated_at) VALUES (?1, 0, 0, ?2) ON CONFLICT (name) DO NOTHING;

-- name: get
-- How far it has come.
SELECT xid, position FROM follower WHERE name = ?1;

-- name: list
-- All of them, those of earlier versions too.
SELECT name, xid, position, updated_at FROM follower ORDER BY name;

-- name: move
-- From where it was (?2, ?3); no row when another process was faster.
UPDATE follower SET xid = ?4, position = ?5, updated_at = ?6 WHERE name = ?1 AND xid = ?2 AND position = ?3;

-- name: park
-- An event that will not be tried again.
INSERT INTO parked_event (follower, xid, position, kind, code, detail, parked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO NOTHING;

-- name: parked
-- How many events were parked.
SELECT count(*) FROM parked_event;

-- name: parked_list
-- The newest of them.
SELECT follower, xid, position, kind, code, detail, parked_at FROM parked_event ORDER BY parked_at DESC LIMIT 20;

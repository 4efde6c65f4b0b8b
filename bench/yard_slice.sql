-- SPDX-License-Identifier: Apache-2.0
-- The bare slice's statements. Each starts at a line "-- @name"; yard_slice.c asks for them by name.

-- @schema
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = OFF;
CREATE TABLE IF NOT EXISTS conversation (
    id INTEGER PRIMARY KEY,
    last_seq INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS message_by_conversation ON message (conversation, seq);

-- @open
INSERT INTO conversation (id, last_seq, updated_at) VALUES (?1, 0, ?2) ON CONFLICT (id) DO NOTHING;

-- @touch
UPDATE conversation SET last_seq = last_seq + 1, updated_at = ?2 WHERE id = ?1 RETURNING last_seq;

-- @insert
INSERT INTO message (conversation, seq, at, body) VALUES (?1, ?2, ?3, ?4);

-- @begin
BEGIN IMMEDIATE;

-- @commit
COMMIT;

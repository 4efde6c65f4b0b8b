-- SPDX-License-Identifier: Apache-2.0

-- name: page_end
-- The last id of the next thousand conversations: what follows looks at a part at a time, so that no statement is long.
SELECT max(id) FROM (SELECT id FROM conversation WHERE id > ?1 ORDER BY id LIMIT 1000) t;

-- name: gaps
-- Conversations of one part whose messages are not numbered 1, 2, 3 … last_seq. A merged one has given its messages away.
SELECT v.id, v.last_seq, count(m.seq) AS n, coalesce(max(m.seq), 0) AS top
FROM conversation v LEFT JOIN message m ON m.conversation_id = v.id
WHERE v.id > ?1 AND v.id <= ?2 AND v.merged_into IS NULL
GROUP BY v.id, v.last_seq
HAVING count(m.seq) <> v.last_seq OR coalesce(max(m.seq), 0) <> v.last_seq OR coalesce(min(m.seq), 1) <> 1
ORDER BY v.id LIMIT 20;

-- name: orphans
-- Messages whose conversation is gone: a few of them, to name one.
SELECT count(*) FROM (SELECT 1 FROM message m LEFT JOIN conversation v ON v.id = m.conversation_id WHERE v.id IS NULL LIMIT 1000) t;

-- name: clocks
-- Closed conversations in which somebody still waits.
SELECT count(*) FROM conversation WHERE status = 'closed' AND clock_kind IS NOT NULL;

-- name: conversations
-- How many there are.
SELECT count(*) FROM conversation;

-- name: open
-- Of these, how many are not closed.
SELECT count(*) FROM conversation WHERE status <> 'closed';

-- name: messages
-- How many there are.
SELECT count(*) FROM message;

-- name: customers
-- How many there are.
SELECT count(*) FROM customer;

-- name: people
-- How many work here.
SELECT count(*) FROM staff;

-- name: files
-- How many were uploaded.
SELECT count(*) FROM file;

-- name: events
-- How many were written down.
SELECT count(*) FROM event;

-- name: shops
-- How many there are.
SELECT count(*) FROM shop;

-- name: others
-- Connections of this program but our own: with PostgreSQL the sign of a running server.
-- pg: SELECT count(*) FROM pg_stat_activity
-- pg: WHERE application_name = 'zhixin' AND datname = current_database() AND pid <> pg_backend_pid()
;

-- name: file_page
-- Uploaded files after an id, to look whether their bytes are there.
SELECT id FROM file WHERE id > ?1 ORDER BY id LIMIT 1000;

-- name: file_there
-- Is the row still there? It goes before its bytes do.
SELECT count(*) FROM file WHERE id = ?1;

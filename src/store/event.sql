-- SPDX-License-Identifier: Apache-2.0

-- name: append
-- One event. ?1: its position on SQLite, what is added to transaction numbers on PostgreSQL.
-- sqlite: INSERT INTO event (position, xid, shop_id, conversation_id, subject_id, seq, kind, at_ms)
-- sqlite: VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7)
-- pg: INSERT INTO event (xid, shop_id, conversation_id, subject_id, seq, kind, at_ms)
-- pg: VALUES (pg_current_xact_id()::text::bigint + ?1, ?2, ?3, ?4, ?5, ?6, ?7)
;

-- name: after
-- What follows a cursor (?1, ?2), as far as nothing can still appear in between. ?3: the base of transaction numbers.
SELECT position, xid, shop_id, conversation_id, subject_id, seq, kind, at_ms FROM event
-- sqlite: WHERE position > ?2 AND xid >= ?1 AND ?3 >= 0 ORDER BY position LIMIT ?4
-- pg: WHERE (xid, position) > (?1, ?2) AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint + ?3
-- pg: ORDER BY xid, position LIMIT ?4
;

-- name: lag
-- How many events follow a cursor; stops at 100,000.
SELECT count(*) FROM (SELECT 1 FROM event
-- sqlite: WHERE position > ?2 AND xid >= ?1
-- pg: WHERE (xid, position) > (?1, ?2)
LIMIT 100000) t;

-- name: last
-- The last position in use (SQLite), the last transaction number in use (PostgreSQL).
-- sqlite: SELECT max(p) FROM (SELECT max(position) AS p FROM event UNION ALL SELECT max(position) FROM follower) t
-- pg: SELECT max(p) FROM (SELECT max(xid) AS p FROM event UNION ALL SELECT max(xid) FROM follower) t
;

-- name: beyond
-- Followers whose cursor lies behind the last event: never, unless somebody put in another event table.
SELECT count(*) FROM follower f
-- sqlite: WHERE f.position > (SELECT coalesce(max(position), 0) FROM event)
-- pg: WHERE f.xid > (SELECT coalesce(max(xid), 0) FROM event)
;

-- name: xid
-- The number of this transaction.
-- pg: SELECT pg_current_xact_id()::text::bigint
;

-- name: base
-- What is added to transaction numbers.
-- pg: SELECT xid_base FROM event_base WHERE id = 1
;

-- name: set_base
-- A new cluster counts its transactions from the beginning.
-- pg: INSERT INTO event_base (id, xid_base) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET xid_base = excluded.xid_base
;

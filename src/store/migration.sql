-- SPDX-License-Identifier: Apache-2.0

-- name: lock
-- One process at a time changes the schema, until its transaction ends (SQLite has one writer).
-- sqlite: SELECT 1
-- pg: SELECT pg_advisory_xact_lock(4911372006)
;

-- name: table
-- The list of what was applied; made before the first migration.
CREATE TABLE IF NOT EXISTS schema_migration (
    number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL);

-- name: list
-- What was applied, in order.
SELECT number, name, checksum FROM schema_migration ORDER BY number;

-- name: exists
-- Is there such a list at all? For those who only look.
-- sqlite: SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migration'
-- pg: SELECT count(*) FROM (SELECT to_regclass('schema_migration') AS r) t WHERE r IS NOT NULL
;

-- name: tables
-- How many tables of anybody there are: a backup is read into an empty database only.
-- pg: SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
;

-- name: told
-- What was applied and when, in order.
SELECT number, name, checksum, applied_at FROM schema_migration ORDER BY number;

-- name: insert
-- Applied now.
INSERT INTO schema_migration (number, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4);

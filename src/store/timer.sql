-- SPDX-License-Identifier: Apache-2.0

-- name: set
-- One for each kind and subject: the last word counts.
INSERT INTO timer (kind, subject_id, due_at, data, run_at, failures) VALUES (?1, ?2, ?3, ?4, ?3, 0)
ON CONFLICT (kind, subject_id) DO UPDATE SET due_at = excluded.due_at, data = excluded.data, run_at = excluded.run_at, failures = 0;

-- name: clear
-- No longer wanted.
DELETE FROM timer WHERE kind = ?1 AND subject_id = ?2;

-- name: due
-- What is to be done by now, longest due first.
SELECT kind, subject_id, due_at, data, failures FROM timer WHERE run_at <= ?1 ORDER BY run_at LIMIT ?2;

-- name: next
-- When there is something to do again.
SELECT min(run_at) FROM timer;

-- name: take
-- By whoever fires it; no row when it was fired, cleared or set anew in the meantime.
DELETE FROM timer WHERE kind = ?1 AND subject_id = ?2 AND due_at = ?3 AND data = ?4 AND run_at <= ?5;

-- name: put_off
-- It failed.
UPDATE timer SET run_at = ?4, failures = failures + 1 WHERE kind = ?1 AND subject_id = ?2 AND due_at = ?3;

-- name: overdue
-- How many should have been fired before a time.
SELECT count(*) FROM timer WHERE run_at < ?1;

-- SPDX-License-Identifier: Apache-2.0

-- name: get
-- One bucket.
SELECT failures, last_at, blocked_until FROM login_attempt WHERE bucket = ?1;

-- name: put
-- Its new state.
INSERT INTO login_attempt (bucket, failures, last_at, blocked_until) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (bucket) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at, blocked_until = excluded.blocked_until;

-- name: fail
-- One failure more, counted where two transactions cannot lose one. ?3: counts older than that are forgotten.
INSERT INTO login_attempt (bucket, failures, last_at, blocked_until) VALUES (?1, 1, ?2, 0)
ON CONFLICT (bucket) DO UPDATE SET failures = CASE WHEN login_attempt.last_at < ?3 THEN 1 ELSE login_attempt.failures + 1 END,
    last_at = excluded.last_at;

-- name: block
-- Until when this bucket refuses.
UPDATE login_attempt SET blocked_until = ?2 WHERE bucket = ?1;

-- name: clear
-- The right password.
DELETE FROM login_attempt WHERE bucket = ?1;

-- name: sweep
-- Failures go after a day, known places after a quarter.
DELETE FROM login_attempt WHERE (last_at < ?1 AND bucket NOT LIKE 'k:%') OR last_at < ?2;

-- SPDX-License-Identifier: Apache-2.0

-- name: spoken
-- Conversations in which something was said since a time, newest first: for what reads messages of a span.
SELECT id FROM (
    SELECT id FROM conversation WHERE shop_id = ?1 AND status <> 'closed' AND last_at >= ?2
    UNION ALL
    SELECT id FROM conversation WHERE shop_id = ?1 AND status = 'closed' AND closed_at >= ?2) AS spoken
ORDER BY id DESC LIMIT ?3;

-- name: ended
-- Conversations ended since a time: how many, and how many of those began since then too.
SELECT count(*), coalesce(sum(CASE WHEN created_at >= ?2 THEN 1 ELSE 0 END), 0) FROM conversation
WHERE shop_id = ?1 AND status = 'closed' AND closed_at >= ?2;

-- name: live
-- Of those that go on: begun since a time, snoozed, and with a strongly upset customer.
SELECT coalesce(sum(CASE WHEN created_at >= ?2 THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN status = 'snoozed' THEN 1 ELSE 0 END), 0),
       coalesce(sum(CASE WHEN intensity >= 2 AND emotion IN ('anxious', 'disappointed', 'angry') THEN 1 ELSE 0 END), 0)
FROM conversation WHERE shop_id = ?1 AND status <> 'closed';

-- name: rounds
-- Waits since a time, late ones, and the mean of those that a person answered.
SELECT count(*), CAST(coalesce(sum(late), 0) AS BIGINT),
       coalesce(CAST(avg(CASE WHEN stopped_at IS NOT NULL AND late = 0 THEN stopped_at - started_at END) AS BIGINT), 0)
FROM sla_round WHERE shop_id = ?1 AND started_at >= ?2;

-- name: ratings
-- Of conversations ended since a time.
SELECT count(rating_score), CAST(coalesce(sum(rating_score), 0) AS BIGINT) FROM conversation
WHERE shop_id = ?1 AND status = 'closed' AND closed_at >= ?2;

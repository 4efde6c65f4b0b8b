-- SPDX-License-Identifier: Apache-2.0

-- name: open
-- A round begins: a customer waits.
INSERT INTO sla_round (id, shop_id, conversation_id, kind, started_at, due_at, limit_ms, config_version, opened_seq, late, queue_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, 0);

-- name: stop
-- It ends: answered or given up.
UPDATE sla_round SET stopped_at = ?2, stopped_seq = ?3, late = ?4, reason = ?5, queue_ms = queue_ms + ?6, agent_id = ?7 WHERE id = ?1;

-- name: state
-- While late is 0, reason is a hint: what happened on the way, should the round turn late.
SELECT late, reason FROM sla_round WHERE id = ?1;

-- name: hint
-- It changed hands while the customer waited.
UPDATE sla_round SET reason = ?2 WHERE id = ?1 AND late = 0;

-- name: settle
-- It has turned late, for this reason.
UPDATE sla_round SET late = 1, reason = ?2 WHERE id = ?1 AND late = 0;

-- name: waited
-- A piece of the wait was spent in the queue.
UPDATE sla_round SET queue_ms = queue_ms + ?2 WHERE id = ?1;

-- name: list
-- All of a conversation.
SELECT r.id, r.conversation_id, r.kind, r.started_at, r.due_at, r.limit_ms, r.config_version, r.opened_seq, r.stopped_at, r.stopped_seq,
       r.late, CASE WHEN r.late = 1 THEN r.reason ELSE NULL END,
       CASE WHEN r.queue_ms < 0 THEN 0 ELSE r.queue_ms END, r.agent_id, s.nickname
FROM sla_round r LEFT JOIN staff s ON s.id = r.agent_id
WHERE r.conversation_id = ?1 AND r.shop_id = ?2 ORDER BY r.id LIMIT 500;

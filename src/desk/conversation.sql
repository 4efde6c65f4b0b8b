-- SPDX-License-Identifier: Apache-2.0

-- name: get
-- Everything that lists and frames show, joined.
SELECT v.id, v.shop_id, v.channel_id, v.customer_id, v.status, v.stage, v.assignee_id, v.skill, v.last_seq, v.last_role, v.last_kind,
       v.last_text, v.last_at, v.unread, v.agent_read_seq, v.visitor_read_seq, v.emotion, v.intensity, v.priority, v.tags, v.subject,
       v.scripts_used, v.clock_kind, v.clock_started_at, v.clock_due_at, v.clock_limit_ms, v.clock_round, v.greeted_at, v.queued_at,
       v.assigned_at, v.snooze_until, v.closed_at, v.close_reason, v.merged_into, v.rating_score, v.rating_note, v.page_url,
       v.page_title, v.created_at, v.updated_at,
       ch.name, ch.kind, cu.name, cu.vip, cu.signed, CASE WHEN cu.blocked_at IS NULL THEN 0 ELSE 1 END,
       CASE WHEN cu.sticky_agent_id IS NULL THEN 0 ELSE 1 END, s.nickname
FROM conversation v
JOIN channel ch ON ch.id = v.channel_id
JOIN customer cu ON cu.id = v.customer_id
LEFT JOIN staff s ON s.id = v.assignee_id
WHERE v.id = ?1 AND v.shop_id = ?2;

-- name: lock
-- The row alone; on PostgreSQL locked until the transaction ends (SQLite has one writer).
SELECT id, shop_id, channel_id, customer_id, status, stage, assignee_id, skill, last_seq, last_role, last_kind,
       last_text, last_at, unread, agent_read_seq, visitor_read_seq, emotion, intensity, priority, tags, subject,
       scripts_used, clock_kind, clock_started_at, clock_due_at, clock_limit_ms, clock_round, greeted_at, queued_at,
       assigned_at, snooze_until, closed_at, close_reason, merged_into, rating_score, rating_note, page_url,
       page_title, created_at, updated_at
FROM conversation WHERE id = ?1 AND shop_id = ?2
-- pg: FOR UPDATE
;

-- name: current
-- The customer's newest conversation on a channel.
SELECT id FROM conversation WHERE customer_id = ?1 AND shop_id = ?2 AND channel_id = ?3 AND merged_into IS NULL
ORDER BY id DESC LIMIT 1;

-- name: current_lock
-- The same with its row; locked on PostgreSQL.
SELECT id, shop_id, channel_id, customer_id, status, stage, assignee_id, skill, last_seq, last_role, last_kind,
       last_text, last_at, unread, agent_read_seq, visitor_read_seq, emotion, intensity, priority, tags, subject,
       scripts_used, clock_kind, clock_started_at, clock_due_at, clock_limit_ms, clock_round, greeted_at, queued_at,
       assigned_at, snooze_until, closed_at, close_reason, merged_into, rating_score, rating_note, page_url,
       page_title, created_at, updated_at
FROM conversation WHERE customer_id = ?1 AND shop_id = ?2 AND channel_id = ?3 AND merged_into IS NULL
ORDER BY id DESC LIMIT 1
-- pg: FOR UPDATE
;

-- name: shop_of
-- Any shop: for timers, which know a conversation only.
SELECT shop_id FROM conversation WHERE id = ?1;

-- name: insert
-- A new one; what is not named starts empty.
INSERT INTO conversation (id, shop_id, channel_id, customer_id, status, stage, last_seq, unread, agent_read_seq, visitor_read_seq,
    emotion, intensity, priority, tags, subject, scripts_used, queued_at, page_url, page_title, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, 'pre', 0, 0, 0, 0, 'calm', 0, ?6, '[]', '', '[]', ?7, ?8, ?9, ?7, ?7);

-- name: save
-- All that may change, in one statement. What goes on after it was erased has words again.
UPDATE conversation SET status = ?3, stage = ?4, assignee_id = ?5, skill = ?6, last_seq = ?7, last_role = ?8, last_kind = ?9,
    last_text = ?10, last_at = ?11, unread = ?12, agent_read_seq = ?13, visitor_read_seq = ?14, emotion = ?15, intensity = ?16,
    priority = ?17, tags = ?18, subject = ?19, scripts_used = ?20, clock_kind = ?21, clock_started_at = ?22, clock_due_at = ?23,
    clock_limit_ms = ?24, clock_round = ?25, greeted_at = ?26, queued_at = ?27, assigned_at = ?28, snooze_until = ?29,
    closed_at = ?30, close_reason = ?31, merged_into = ?32, rating_score = ?33, rating_note = ?34, updated_at = ?35,
    erased_at = CASE WHEN ?3 = 'closed' THEN erased_at END
WHERE id = ?1 AND shop_id = ?2;

-- name: save_head
-- What a message changes when the conversation stays where it is: no column of an index, so that no index is written.
UPDATE conversation SET stage = ?3, last_seq = ?4, last_role = ?5, last_kind = ?6, last_text = ?7, last_at = ?8, unread = ?9,
    agent_read_seq = ?10, visitor_read_seq = ?11, emotion = ?12, intensity = ?13, subject = ?14, scripts_used = ?15, clock_kind = ?16,
    clock_started_at = ?17, clock_due_at = ?18, clock_limit_ms = ?19, clock_round = ?20, greeted_at = ?21, updated_at = ?22,
    erased_at = NULL
WHERE id = ?1 AND shop_id = ?2;

-- name: rating_tags
-- The words chosen with a rating.
UPDATE conversation SET rating_tags = ?3 WHERE id = ?1 AND shop_id = ?2;

-- name: list_mine
-- Not closed and assigned to one agent; page by id, newest first. "+" keeps SQLite from walking the whole shop's index.
SELECT id FROM conversation WHERE assignee_id = ?1 AND +shop_id = ?2 AND status <> 'closed' AND id < ?3 ORDER BY id DESC LIMIT ?4;

-- name: list_queue
-- Waiting for an agent: most urgent, then longest waiting first. The cursor is (priority, queued_at, id) of the last row.
SELECT id FROM conversation WHERE shop_id = ?1 AND status = 'queued'
  AND (priority < ?2 OR (priority = ?2 AND (queued_at > ?3 OR (queued_at = ?3 AND id > ?4))))
ORDER BY priority DESC, queued_at, id LIMIT ?5;

-- name: list_all
-- Every open one of the shop.
SELECT id FROM conversation WHERE shop_id = ?1 AND status <> 'closed' AND id < ?2 ORDER BY id DESC LIMIT ?3;

-- name: list_closed
-- Ended ones, last ended first; the cursor is closed_at.
SELECT id FROM conversation WHERE shop_id = ?1 AND status = 'closed' AND closed_at < ?2 ORDER BY closed_at DESC LIMIT ?3;

-- name: list_tag
-- Any with a tag (quoted as in its JSON array), newest first.
SELECT id FROM conversation WHERE shop_id = ?1 AND id < ?2 AND tags LIKE ?4 ORDER BY id DESC LIMIT ?3;

-- name: list_history
-- One customer's other conversations.
SELECT id FROM conversation WHERE customer_id = ?1 AND shop_id = ?2 AND id <> ?3 ORDER BY id DESC LIMIT 50;

-- name: count_mine
-- Stops at 1,000: a badge shows 999+.
SELECT count(*) FROM (SELECT 1 FROM conversation WHERE assignee_id = ?1 AND +shop_id = ?2 AND status <> 'closed' LIMIT 1000) t;

-- name: count_queue
-- Stops at 1,000.
SELECT count(*) FROM (SELECT 1 FROM conversation WHERE shop_id = ?1 AND status = 'queued' LIMIT 1000) t;

-- name: count_all
-- Stops at 1,000.
SELECT count(*) FROM (SELECT 1 FROM conversation WHERE shop_id = ?1 AND status <> 'closed' LIMIT 1000) t;

-- name: queue_longest
-- When the longest waiting one was queued, within the most urgent priority.
SELECT queued_at FROM conversation WHERE shop_id = ?1 AND status = 'queued' ORDER BY priority DESC, queued_at LIMIT 1;

-- name: queue_position
-- How many stand before this one; stops at 1,000.
SELECT count(*) FROM (SELECT 1 FROM conversation WHERE shop_id = ?1 AND status = 'queued'
  AND (priority > ?2 OR (priority = ?2 AND (queued_at < ?3 OR (queued_at = ?3 AND id < ?4)))) LIMIT 1000) t;

-- name: queue_next
-- Candidates for a freed slot, skill and channel unchecked.
SELECT id FROM conversation WHERE shop_id = ?1 AND status = 'queued' ORDER BY priority DESC, queued_at, id LIMIT 100;

-- name: assigned_to
-- For the re-queue when an agent disappears.
SELECT id FROM conversation WHERE assignee_id = ?1 AND +shop_id = ?2 AND status <> 'closed' ORDER BY id LIMIT 500;

-- name: move_messages
-- Merging: the messages get new places behind those of the other conversation. A client_id is kept, so that a repeated
-- send is still known, unless the other conversation has the same.
UPDATE message SET conversation_id = ?2, seq = seq + ?3,
    client_id = CASE WHEN EXISTS (SELECT 1 FROM message o WHERE o.conversation_id = ?2 AND o.client_id = message.client_id)
                     THEN NULL ELSE client_id END
WHERE conversation_id = ?1;

-- name: move_rounds
-- Merging: what the clocks said follows.
UPDATE sla_round SET conversation_id = ?2, opened_seq = opened_seq + ?3, stopped_seq = stopped_seq + ?3 WHERE conversation_id = ?1;

-- name: move_customer
-- Merging customers: their conversations follow.
UPDATE conversation SET customer_id = ?2 WHERE customer_id = ?1 AND shop_id = ?3;

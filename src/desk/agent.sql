-- SPDX-License-Identifier: Apache-2.0

-- name: lock_all
-- Routing looks at one shop's agents one transaction at a time (SQLite has one writer anyway).
SELECT user_id FROM agent_state WHERE shop_id = ?1 ORDER BY user_id
-- pg: FOR UPDATE
;

-- name: list
-- Presence with load. Open = not closed and not snoozed; "<> 'closed'" again lets the index conversation_mine serve.
SELECT a.user_id, s.nickname, a.status, a.reason, a.since, a.active_at, a.assigned_at, a.gone_at, s.capacity, s.max_channels, s.skills,
       (SELECT count(*) FROM conversation v WHERE v.assignee_id = a.user_id AND v.status <> 'closed' AND v.status IN ('open', 'waiting')),
       (SELECT count(DISTINCT v.channel_id) FROM conversation v WHERE v.assignee_id = a.user_id AND v.status <> 'closed' AND v.status IN ('open', 'waiting'))
FROM agent_state a JOIN staff s ON s.id = a.user_id
WHERE a.shop_id = ?1 AND s.active = 1 ORDER BY a.assigned_at;

-- name: get
-- One agent's presence with load.
SELECT a.user_id, s.nickname, a.status, a.reason, a.since, a.active_at, a.assigned_at, a.gone_at, s.capacity, s.max_channels, s.skills,
       (SELECT count(*) FROM conversation v WHERE v.assignee_id = a.user_id AND v.status <> 'closed' AND v.status IN ('open', 'waiting')),
       (SELECT count(DISTINCT v.channel_id) FROM conversation v WHERE v.assignee_id = a.user_id AND v.status <> 'closed' AND v.status IN ('open', 'waiting'))
FROM agent_state a JOIN staff s ON s.id = a.user_id
WHERE a.user_id = ?1 AND a.shop_id = ?2;

-- name: serving
-- Who serves a channel already: another conversation of it needs no further channel (CH-3).
SELECT DISTINCT a.user_id FROM agent_state a JOIN conversation v ON v.assignee_id = a.user_id
WHERE a.shop_id = ?1 AND v.channel_id = ?2 AND v.status <> 'closed' AND v.status IN ('open', 'waiting');

-- name: present
-- Is this one at the desk? Read with every message of a customer.
SELECT shop_id, status, gone_at FROM agent_state WHERE user_id = ?1;

-- name: status
-- Set by the agent, or by the timers. Someone who works in several shops is at one desk at a time.
INSERT INTO agent_state (user_id, shop_id, status, reason, since, active_at, assigned_at, gone_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5, 0, ?6)
ON CONFLICT (user_id) DO UPDATE SET status = excluded.status, reason = excluded.reason, since = excluded.since, active_at = excluded.active_at,
    gone_at = CASE WHEN agent_state.shop_id = excluded.shop_id THEN agent_state.gone_at ELSE excluded.gone_at END,
    shop_id = excluded.shop_id;

-- name: socket
-- NULL: connected; a time: the last socket closed then.
UPDATE agent_state SET gone_at = ?3 WHERE user_id = ?1 AND shop_id = ?2;

-- name: active
-- A sign of life.
UPDATE agent_state SET active_at = ?3 WHERE user_id = ?1 AND shop_id = ?2;

-- name: routed
-- Got a conversation: goes to the end of the line.
UPDATE agent_state SET assigned_at = ?3 WHERE user_id = ?1 AND shop_id = ?2;

-- name: all_gone
-- At start nobody is connected.
UPDATE agent_state SET gone_at = ?1 WHERE gone_at IS NULL AND status <> 'offline';

-- name: gone_list
-- Whose grace runs.
SELECT user_id, shop_id FROM agent_state WHERE gone_at IS NOT NULL AND status <> 'offline';

-- SPDX-License-Identifier: Apache-2.0

-- name: next
-- The first conversation after an id, begun between two moments (?2 <= it < ?3), of one shop or of all (?4 = 0).
SELECT v.id, v.shop_id, v.status, v.stage, v.subject, v.tags, v.page_url, v.page_title, v.created_at, v.closed_at, v.close_reason,
       v.merged_into, v.rating_score, v.rating_tags, v.rating_note, v.channel_id, ch.name, ch.kind, v.customer_id, cu.name,
       v.assignee_id, s.nickname
FROM conversation v
LEFT JOIN channel ch ON ch.id = v.channel_id
LEFT JOIN customer cu ON cu.id = v.customer_id
LEFT JOIN staff s ON s.id = v.assignee_id
WHERE v.id > ?1 AND v.created_at >= ?2 AND v.created_at < ?3 AND (v.shop_id = ?4 OR ?4 = 0)
ORDER BY v.id LIMIT 1;

-- name: messages
-- What was said after a place, oldest first.
SELECT seq, role, kind, body, extra, sender_id, sender_name, understanding, at_ms, recalled_at
FROM message WHERE conversation_id = ?1 AND seq > ?2 ORDER BY seq LIMIT 500;

-- SPDX-License-Identifier: Apache-2.0

-- name: insert
-- Idempotent: the same client_id in a conversation changes nothing (0 rows).
INSERT INTO message (conversation_id, seq, role, kind, body, extra, sender_id, sender_name, client_id, understanding, at_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (conversation_id, client_id) WHERE client_id IS NOT NULL DO NOTHING;

-- name: by_client_id
-- The first one stored under a client_id.
SELECT conversation_id, seq, role, kind, body, extra, sender_id, sender_name, client_id, understanding, at_ms, recalled_at,
       corrected
FROM message WHERE conversation_id = ?1 AND client_id = ?2;

-- name: sent_before
-- A repeated send may arrive when the conversation is over: the customer's latest ones are asked.
SELECT conversation_id, seq, role, kind, body, extra, sender_id, sender_name, client_id, understanding, at_ms, recalled_at,
       corrected
FROM message WHERE client_id = ?3 AND role = 'customer' AND conversation_id IN
    (SELECT id FROM conversation WHERE customer_id = ?1 AND shop_id = ?2 ORDER BY id DESC LIMIT 3)
LIMIT 1;

-- name: get
-- One message.
SELECT conversation_id, seq, role, kind, body, extra, sender_id, sender_name, client_id, understanding, at_ms, recalled_at,
       corrected
FROM message WHERE conversation_id = ?1 AND seq = ?2;

-- name: after
-- Oldest first.
SELECT conversation_id, seq, role, kind, body, extra, sender_id, sender_name, client_id, understanding, at_ms, recalled_at,
       corrected
FROM message WHERE conversation_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3;

-- name: before
-- Newest first.
SELECT conversation_id, seq, role, kind, body, extra, sender_id, sender_name, client_id, understanding, at_ms, recalled_at,
       corrected
FROM message WHERE conversation_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3;

-- name: recall
-- The original stays for supervisors.
UPDATE message SET recalled_at = ?3 WHERE conversation_id = ?1 AND seq = ?2 AND recalled_at IS NULL;

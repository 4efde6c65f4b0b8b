-- SPDX-License-Identifier: Apache-2.0

-- name: conversations
-- All of one customer, for an export; page by id.
SELECT id FROM conversation WHERE customer_id = ?1 AND shop_id = ?2 AND id > ?3 ORDER BY id LIMIT ?4;

-- name: left
-- What of a customer still has texts.
SELECT id, CASE WHEN status = 'closed' THEN 1 ELSE 0 END FROM conversation
WHERE customer_id = ?1 AND shop_id = ?2 AND erased_at IS NULL ORDER BY id LIMIT ?3;

-- name: due
-- Ended before a time and still with texts, longest ended first.
SELECT id FROM conversation WHERE shop_id = ?1 AND status = 'closed' AND erased_at IS NULL AND closed_at < ?2
ORDER BY closed_at LIMIT ?3;

-- name: extras
-- What goes with messages: there the files are named.
SELECT seq, extra FROM message WHERE conversation_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3;

-- name: blank_messages
-- Who, when and what kind stays. A system line's text is a code.
UPDATE message SET body = CASE WHEN role = 'system' THEN body ELSE '' END, extra = NULL, understanding = NULL,
    corrected = NULL,
    sender_name = CASE WHEN role = 'customer' THEN NULL ELSE sender_name END
WHERE conversation_id = ?1 AND seq > ?2 AND seq <= ?3;

-- name: blank_conversation
-- No row when it goes on meanwhile.
UPDATE conversation SET last_text = CASE WHEN last_text IS NULL THEN NULL ELSE '' END, page_url = '', page_title = '',
    rating_note = CASE WHEN rating_note IS NULL THEN NULL ELSE '' END, erased_at = ?3
WHERE id = ?1 AND shop_id = ?2 AND status = 'closed';

-- name: rating_tags
-- The words chosen with a rating, for an export.
SELECT rating_tags FROM conversation WHERE id = ?1 AND shop_id = ?2;

-- name: merged
-- Records that were merged into this one.
SELECT id FROM customer WHERE merged_into = ?1 AND shop_id = ?2 ORDER BY id LIMIT ?3;

-- name: identities
-- Under which names the shop's own pages know a customer.
SELECT channel_id, value, created_at FROM customer_identity WHERE customer_id = ?1 AND shop_id = ?2 ORDER BY created_at LIMIT 1000;

-- name: drop_identities
-- Whoever comes with one of them again is somebody new.
DELETE FROM customer_identity WHERE customer_id = ?1 AND shop_id = ?2;

-- name: blank_customer
-- The record stays, because conversations count it.
UPDATE customer SET name = '', note = '', vip = '', contact = '', signed = 0, page_url = '', page_title = '', lang = '',
    blocked_reason = CASE WHEN blocked_reason IS NULL THEN NULL ELSE '' END, erased_at = coalesce(erased_at, ?3)
WHERE id = ?1 AND shop_id = ?2;

-- name: files
-- A customer's uploads; page by id.
SELECT id, shop_id, customer_id, user_id, name, type, bytes, width, height, link_key, used, created_at
FROM file WHERE customer_id = ?1 AND shop_id = ?2 AND id > ?3 ORDER BY id LIMIT ?4;

-- name: files_old
-- Sent before a time. What was never sent goes by another way, after a day.
SELECT id FROM file WHERE shop_id = ?1 AND created_at < ?2 AND used = 1 ORDER BY created_at LIMIT ?3;

-- name: drop_file
-- Its bytes are gone already.
DELETE FROM file WHERE id = ?1 AND shop_id = ?2;

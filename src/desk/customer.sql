-- SPDX-License-Identifier: Apache-2.0

-- name: get
-- One customer of the shop.
SELECT id, shop_id, name, note, vip, contact, signed, channel_id, page_url, page_title, lang, blocked_at, blocked_reason,
       sticky_agent_id, merged_into, erased_at, created_at, seen_at
FROM customer WHERE id = ?1 AND shop_id = ?2;

-- name: insert
-- A visitor's first session, or a signed one.
INSERT INTO customer (id, shop_id, name, note, vip, contact, signed, channel_id, page_url, page_title, lang, created_at, seen_at)
VALUES (?1, ?2, ?3, '', '', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10);

-- name: by_identity
-- The customer behind a signed identity.
SELECT customer_id FROM customer_identity WHERE channel_id = ?1 AND value = ?2 AND shop_id = ?3;

-- name: identify
-- First proof wins; a race inserts nothing.
INSERT INTO customer_identity (channel_id, value, shop_id, customer_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (channel_id, value) DO NOTHING;

-- name: seen
-- A new session of a known one.
UPDATE customer SET page_url = ?3, page_title = ?4, lang = ?5, seen_at = ?6 WHERE id = ?1 AND shop_id = ?2;

-- name: update
-- By an agent.
UPDATE customer SET name = ?3, note = ?4, vip = ?5 WHERE id = ?1 AND shop_id = ?2;

-- name: contact
-- Left in the offline form.
UPDATE customer SET name = CASE WHEN name = '' THEN ?3 ELSE name END, contact = ?4 WHERE id = ?1 AND shop_id = ?2;

-- name: sign
-- Their identity was proved; a name that the desk gave stays.
UPDATE customer SET signed = 1, name = CASE WHEN name = '' THEN ?3 ELSE name END WHERE id = ?1 AND shop_id = ?2;

-- name: lock
-- Before a conversation is opened: two first messages at once open one. A write, so that PostgreSQL waits or reruns.
UPDATE customer SET seen_at = ?3 WHERE id = ?1 AND shop_id = ?2;

-- name: block
-- NULLs lift it.
UPDATE customer SET blocked_at = ?3, blocked_reason = ?4 WHERE id = ?1 AND shop_id = ?2;

-- name: sticky
-- Who served last (CARE-7).
UPDATE customer SET sticky_agent_id = ?3 WHERE id = ?1 AND shop_id = ?2;

-- name: merge
-- The old record points at the one that lives on.
UPDATE customer SET merged_into = ?3 WHERE id = ?1 AND shop_id = ?2 AND merged_into IS NULL;

-- name: move_identities
-- Their identities follow.
UPDATE customer_identity SET customer_id = ?2 WHERE customer_id = ?1 AND shop_id = ?3;

-- SPDX-License-Identifier: Apache-2.0

-- name: list
-- A shop's own.
SELECT id, shop_id, url, events, secret, texts, active, dropped, created_at FROM hook
WHERE shop_id = ?1 AND deleted_at IS NULL ORDER BY id;

-- name: get
-- One of them.
SELECT id, shop_id, url, events, secret, texts, active, dropped, created_at FROM hook
WHERE id = ?1 AND shop_id = ?2 AND deleted_at IS NULL;

-- name: insert
-- A new one.
INSERT INTO hook (id, shop_id, url, events, secret, texts, active, dropped, created_by, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?9);

-- name: change
-- All that may change.
UPDATE hook SET url = ?3, events = ?4, secret = ?5, texts = ?6, active = ?7, updated_at = ?8
WHERE id = ?1 AND shop_id = ?2 AND deleted_at IS NULL;

-- name: remove
-- Nothing more is sent; its log goes later.
UPDATE hook SET deleted_at = ?3, active = 0, url = '', secret = '' WHERE id = ?1 AND shop_id = ?2 AND deleted_at IS NULL;

-- name: active
-- Of every shop, for the follower.
SELECT id, shop_id, url, events, secret, texts, active, dropped, created_at FROM hook
WHERE active = 1 AND deleted_at IS NULL ORDER BY id LIMIT 5000;

-- name: waiting
-- How many deliveries wait; stops at a limit.
SELECT count(*) FROM (SELECT 1 FROM hook_delivery WHERE hook_id = ?1 AND status = 'pending' LIMIT ?2) t;

-- name: drop
-- One more left out.
UPDATE hook SET dropped = dropped + 1 WHERE id = ?1;

-- name: deliver
-- To be sent at once.
INSERT INTO hook_delivery (id, hook_id, shop_id, event, conversation_id, customer_id, body, status, attempts, next_at, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending', 0, ?8, ?8);

-- name: ready
-- Hooks of every shop that have something to send.
SELECT h.id, h.shop_id, h.url, h.events, h.secret, h.texts, h.active, h.dropped, h.created_at FROM hook h
WHERE h.active = 1 AND h.deleted_at IS NULL
  AND EXISTS (SELECT 1 FROM hook_delivery d WHERE d.hook_id = h.id AND d.status = 'pending' AND d.next_at <= ?1)
ORDER BY h.id LIMIT 5000;

-- name: due
-- One hook's next ones.
SELECT id, event, body, attempts FROM hook_delivery WHERE hook_id = ?1 AND status = 'pending' AND next_at <= ?2
ORDER BY next_at, id LIMIT ?3;

-- name: claim
-- One sender gets it; another may when ?3 has come. No row: somebody was faster.
UPDATE hook_delivery SET attempts = attempts + 1, next_at = ?3 WHERE id = ?1 AND status = 'pending' AND attempts = ?2;

-- name: result
-- What came of an attempt; nothing when it was erased or claimed anew meanwhile.
UPDATE hook_delivery SET status = ?3, next_at = ?4, finished_at = ?5, code = ?6, error = ?7, duration_ms = ?8, answer = ?9
WHERE id = ?1 AND attempts = ?2 AND status = 'pending';

-- name: deliveries
-- The log of one hook, newest first.
SELECT id, hook_id, event, conversation_id, status, attempts, next_at, created_at, finished_at, code, error, duration_ms, answer,
       CASE WHEN body = '' THEN 1 ELSE 0 END
FROM hook_delivery WHERE hook_id = ?1 AND shop_id = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4;

-- name: delivery
-- One line of it.
SELECT d.id, d.hook_id, d.event, d.conversation_id, d.status, d.attempts, d.next_at, d.created_at, d.finished_at, d.code, d.error,
       d.duration_ms, d.answer, CASE WHEN d.body = '' THEN 1 ELSE 0 END
FROM hook_delivery d JOIN hook h ON h.id = d.hook_id WHERE d.id = ?1 AND d.shop_id = ?2 AND h.deleted_at IS NULL;

-- name: retry
-- From the beginning, by hand.
UPDATE hook_delivery SET status = 'pending', attempts = 0, next_at = ?3 WHERE id = ?1 AND shop_id = ?2;

-- name: forget_conversation
-- Erasing: what was to be sent is not.
UPDATE hook_delivery SET body = '', answer = NULL, error = CASE WHEN status = 'pending' THEN 'erased' ELSE error END,
    status = CASE WHEN status = 'pending' THEN 'failed' ELSE status END
WHERE conversation_id = ?1 AND conversation_id <> 0 AND shop_id = ?2 AND body <> '';

-- name: forget_customer
-- The same for what was about the customer alone.
UPDATE hook_delivery SET body = '', answer = NULL, error = CASE WHEN status = 'pending' THEN 'erased' ELSE error END,
    status = CASE WHEN status = 'pending' THEN 'failed' ELSE status END
WHERE customer_id = ?1 AND conversation_id = 0 AND shop_id = ?2 AND body <> '';

-- name: all
-- Removed ones too, of every shop; page by id.
SELECT id, CASE WHEN deleted_at IS NULL THEN 0 ELSE 1 END FROM hook WHERE id > ?1 ORDER BY id LIMIT 500;

-- name: sweep_log
-- The oldest lines of a log, if they are old enough and done.
DELETE FROM hook_delivery WHERE id IN
    (SELECT id FROM (SELECT id, status, created_at FROM hook_delivery WHERE hook_id = ?1 ORDER BY id LIMIT ?3) t
     WHERE created_at < ?2 AND status <> 'pending');

-- name: sweep_removed
-- Of a removed hook, whatever they are.
DELETE FROM hook_delivery WHERE id IN (SELECT id FROM hook_delivery WHERE hook_id = ?1 ORDER BY id LIMIT ?2);

-- name: gone
-- When its log is empty.
DELETE FROM hook WHERE id = ?1 AND deleted_at IS NOT NULL;

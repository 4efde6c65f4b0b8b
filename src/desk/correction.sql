-- SPDX-License-Identifier: Apache-2.0

-- name: put
-- The message's correction, whether it had one or not.
INSERT INTO correction (conversation_id, seq, id, shop_id, user_id, at_ms, model, was_emotion, was_intensity, was_intents,
    was_intent, was_stage, emotion, intensity, intents, intent, stage, note)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
ON CONFLICT (conversation_id, seq) DO UPDATE SET id = excluded.id, user_id = excluded.user_id, at_ms = excluded.at_ms,
    emotion = excluded.emotion, intensity = excluded.intensity, intents = excluded.intents, intent = excluded.intent,
    stage = excluded.stage, note = excluded.note;

-- name: drop
-- Taken back.
DELETE FROM correction WHERE conversation_id = ?1 AND seq = ?2 AND shop_id = ?3;

-- name: mark
-- What the message itself shows of it; NULL: nothing.
UPDATE message SET corrected = ?3 WHERE conversation_id = ?1 AND seq = ?2;

-- name: later
-- Whether the customer said something after a message: then the row shows that.
SELECT seq FROM message WHERE conversation_id = ?1 AND seq > ?2 AND role = 'customer' AND recalled_at IS NULL
ORDER BY seq LIMIT 1;

-- name: list
-- The latest first, before a cursor, since a time.
SELECT k.id, k.conversation_id, k.seq, k.user_id, s.nickname, k.at_ms, k.model, k.was_emotion, k.was_intensity, k.was_intents,
       k.was_stage, k.emotion, k.intensity, k.intents, k.stage, k.note, m.body, m.recalled_at, cu.name
FROM correction k
JOIN message m ON m.conversation_id = k.conversation_id AND m.seq = k.seq
JOIN conversation v ON v.id = k.conversation_id
LEFT JOIN customer cu ON cu.id = v.customer_id
LEFT JOIN staff s ON s.id = k.user_id
WHERE k.shop_id = ?1 AND k.id < ?2 AND k.at_ms >= ?3 ORDER BY k.id DESC LIMIT ?4;

-- name: total
-- How many since a time.
SELECT count(*) FROM correction WHERE shop_id = ?1 AND at_ms >= ?2;

-- name: drift
-- From which label to which, the most frequent first; an intent is the first of the message.
SELECT kind, was, now_is, n FROM (
    SELECT 'emotion' AS kind, was_emotion AS was, emotion AS now_is, count(*) AS n FROM correction
    WHERE shop_id = ?1 AND at_ms >= ?2 AND was_emotion <> emotion GROUP BY was_emotion, emotion
    UNION ALL
    SELECT 'intent', was_intent, intent, count(*) FROM correction
    WHERE shop_id = ?1 AND at_ms >= ?2 AND was_intent <> intent GROUP BY was_intent, intent
    UNION ALL
    SELECT 'stage', was_stage, stage, count(*) FROM correction
    WHERE shop_id = ?1 AND at_ms >= ?2 AND was_stage <> stage GROUP BY was_stage, stage) t
ORDER BY n DESC, kind, was, now_is LIMIT ?3;

-- name: move
-- Merging: they follow their messages.
UPDATE correction SET conversation_id = ?2, seq = seq + ?3 WHERE conversation_id = ?1;

-- name: erase
-- The messages after one up to another lose their words, and these with them.
DELETE FROM correction WHERE conversation_id = ?1 AND seq > ?2 AND seq <= ?3;

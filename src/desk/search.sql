-- SPDX-License-Identifier: Apache-2.0
-- The search index (search_index.c, search_merge.c) and its questions (search_query.c).

-- name: state
-- Where the index stands.
SELECT fold, next_doc, next_segment, at_ms FROM search_state WHERE id = 1;

-- name: save_state
-- After each step of the follower.
UPDATE search_state SET next_doc = ?1, next_segment = ?2, at_ms = ?3 WHERE id = 1;

-- name: add_docs
-- Numbers the messages of a batch of events, from the event (?2, ?3) to (?4, ?5), ?1 being the first number.
INSERT INTO search_doc (doc, shop_id, conversation_id, seq)
SELECT row_number() OVER (ORDER BY e.xid, e.position) + ?1 - 1, e.shop_id, e.conversation_id, e.seq
FROM event e LEFT JOIN search_moved mv ON mv.from_id = e.conversation_id
JOIN message m ON m.conversation_id = coalesce(mv.into_id, e.conversation_id) AND m.seq = e.seq + coalesce(mv.shift, 0)
-- sqlite: WHERE e.position >= ?3 AND e.position <= ?5 AND ?2 <= ?4
-- pg: WHERE (e.xid, e.position) >= (?2, ?3) AND (e.xid, e.position) <= (?4, ?5)
AND e.kind = 'message.added.1' AND m.role <> 'system' AND m.body <> '';

-- name: new_docs
-- What they say.
SELECT d.doc, d.shop_id, m.body
FROM search_doc d LEFT JOIN search_moved mv ON mv.from_id = d.conversation_id
JOIN message m ON m.conversation_id = coalesce(mv.into_id, d.conversation_id) AND m.seq = d.seq + coalesce(mv.shift, 0)
WHERE d.doc >= ?1 ORDER BY d.doc;

-- name: chain_moved
-- Merging ?1 into ?2: what had come into ?1 goes on with it.
UPDATE search_moved SET into_id = ?2, shift = shift + ?3 WHERE into_id = ?1;

-- name: add_moved
-- Merging ?1 into ?2.
INSERT INTO search_moved (from_id, into_id, shift) VALUES (?1, ?2, ?3) ON CONFLICT (from_id) DO NOTHING;

-- name: add_gone
-- Erasing: the documents of a conversation, and of those that were merged into it, …
INSERT INTO search_gone (doc, segment_id) SELECT doc, 0 FROM search_doc
WHERE conversation_id = ?1 OR conversation_id IN (SELECT from_id FROM search_moved WHERE into_id = ?1)
ON CONFLICT (doc) DO NOTHING;

-- name: drop_docs
-- … are no longer documents.
DELETE FROM search_doc WHERE conversation_id = ?1 OR conversation_id IN (SELECT from_id FROM search_moved WHERE into_id = ?1);

-- name: segments
-- All of them, oldest documents first; one that is being built stands before those it takes in.
SELECT id, lo, hi, into_id, building, at_shop, at_term, at_ndoc FROM search_segment ORDER BY lo, building DESC;

-- name: add_segment
-- A new one; building: its postings come later.
INSERT INTO search_segment (id, lo, hi, into_id, building, at_shop, at_term, at_ndoc) VALUES (?1, ?2, ?3, 0, ?4, 0, 0, 0);

-- name: take_segments
-- Segments between two documents are taken into another.
UPDATE search_segment SET into_id = ?1 WHERE lo >= ?2 AND hi <= ?3 AND id <> ?1 AND into_id = 0;

-- name: move_segment
-- How far a segment has been built.
UPDATE search_segment SET at_shop = ?2, at_term = ?3, at_ndoc = ?4 WHERE id = ?1;

-- name: built_segment
-- It is whole.
UPDATE search_segment SET building = 0 WHERE id = ?1;

-- name: drop_taken
-- What was taken into it is empty.
DELETE FROM search_segment WHERE into_id = ?1;

-- name: add_chunk
-- One piece of postings.
INSERT INTO search_chunk (segment_id, shop_id, term, ndoc, data) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: drop_chunk
-- Its postings are in another segment.
DELETE FROM search_chunk WHERE id = ?1;

-- name: first_chunk
-- What is left of a segment that is being taken in, from its beginning.
SELECT id, shop_id, data FROM search_chunk WHERE segment_id = ?1 ORDER BY shop_id, term, ndoc LIMIT 1;

-- name: seek_chunk
-- The piece that holds the first posting at or behind (term, ndoc), whatever its term is.
SELECT id, shop_id, data FROM search_chunk WHERE segment_id = ?1 AND shop_id = ?2 AND (term, ndoc) >= (?3, ?4)
ORDER BY term, ndoc LIMIT 1;

-- name: gone
-- Documents of a range that must not be written again.
SELECT doc FROM search_gone WHERE doc >= ?1 AND doc <= ?2 ORDER BY doc LIMIT ?3;

-- name: gone_next
-- One that no segment is being built without.
SELECT doc FROM search_gone WHERE segment_id = 0 AND doc > ?1 ORDER BY doc LIMIT 1;

-- name: take_gone
-- A segment is being built without them.
UPDATE search_gone SET segment_id = ?1 WHERE segment_id = 0 AND doc >= ?2 AND doc <= ?3;

-- name: drop_gone
-- It has been built.
DELETE FROM search_gone WHERE segment_id = ?1;

-- name: rows
-- The messages of some documents (?1: JSON array, newest first), as they are now.
SELECT d.doc, d.conversation_id, d.seq, 0, 0, m.conversation_id, m.seq, m.role, m.kind, m.body, m.at_ms, cu.id, cu.name
-- sqlite: FROM json_each(?1) j CROSS JOIN search_doc d ON d.doc = j.value
-- pg: FROM jsonb_array_elements_text(?1::text::jsonb) j (value) JOIN search_doc d ON d.doc = j.value::bigint
LEFT JOIN search_moved mv ON mv.from_id = d.conversation_id
-- sqlite: CROSS JOIN message m ON
-- pg: JOIN message m ON
    m.conversation_id = coalesce(mv.into_id, d.conversation_id) AND m.seq = d.seq + coalesce(mv.shift, 0)
-- sqlite: CROSS JOIN conversation v ON v.id = m.conversation_id CROSS JOIN customer cu ON cu.id = v.customer_id
-- pg: JOIN conversation v ON v.id = m.conversation_id JOIN customer cu ON cu.id = v.customer_id
WHERE d.shop_id = ?2 AND m.recalled_at IS NULL
-- pg: ORDER BY d.doc DESC
;

-- name: tail
-- Messages that the follower has not taken in, newest first, behind the event (?2, ?3) when reading on.
SELECT 0, e.conversation_id, e.seq, e.xid, e.position, m.conversation_id, m.seq, m.role, m.kind, m.body, m.at_ms, cu.id, cu.name
FROM event e LEFT JOIN search_moved mv ON mv.from_id = e.conversation_id
-- sqlite: CROSS JOIN message m ON
-- pg: JOIN message m ON
    m.conversation_id = coalesce(mv.into_id, e.conversation_id) AND m.seq = e.seq + coalesce(mv.shift, 0)
-- sqlite: CROSS JOIN conversation v ON v.id = m.conversation_id CROSS JOIN customer cu ON cu.id = v.customer_id
-- pg: JOIN conversation v ON v.id = m.conversation_id JOIN customer cu ON cu.id = v.customer_id
WHERE e.shop_id = ?1 AND e.kind = 'message.added.1' AND m.role <> 'system' AND m.body <> '' AND m.recalled_at IS NULL
-- sqlite: AND e.position > coalesce((SELECT position FROM follower WHERE name = 'search'), 0) AND e.position < ?3 AND ?2 >= 0
-- sqlite: ORDER BY e.position DESC LIMIT ?4
-- pg: AND (e.xid, e.position) > (coalesce((SELECT xid FROM follower WHERE name = 'search'), 0),
-- pg:     coalesce((SELECT position FROM follower WHERE name = 'search'), 0)) AND (e.xid, e.position) < (?2, ?3)
-- pg: ORDER BY e.xid DESC, e.position DESC LIMIT ?4
;

-- name: doc_at
-- The document of a message that was found before it was one.
SELECT doc FROM search_doc WHERE conversation_id = ?1 AND seq = ?2;

-- name: clear_chunks
-- Everything anew (another folding): …
DELETE FROM search_chunk;

-- name: clear_segments
-- …
DELETE FROM search_segment;

-- name: clear_docs
-- …
DELETE FROM search_doc;

-- name: clear_gone
-- …
DELETE FROM search_gone;

-- name: clear_state
-- …
UPDATE search_state SET fold = ?1, next_doc = 1, next_segment = 1, at_ms = 0 WHERE id = 1;

-- name: clear_cursor
-- … from the first event on: the store begins a follower that it does not know there.
DELETE FROM follower WHERE name = 'search';

-- SPDX-License-Identifier: Apache-2.0
-- Full-text search over messages (docs/decisions/search-postings.md). Only the follower "search" writes here, apart from
-- search_moved. Everything but search_moved can be made anew from the event log.

-- One row. Documents are numbered in the order of events, so a higher number is a newer message.
CREATE TABLE search_state (
    id BIGINT PRIMARY KEY,           -- 1
    fold BIGINT NOT NULL,            -- version of the folding that the terms were made with
    next_doc BIGINT NOT NULL,
    next_segment BIGINT NOT NULL,
    at_ms BIGINT NOT NULL            -- when the last event happened that was taken in
);
INSERT INTO search_state (id, fold, next_doc, next_segment, at_ms) VALUES (1, 1, 1, 1, 0);

-- A document is a message, by the place it had when it was sent. The text is only in the message row.
-- sqlite: CREATE TABLE search_doc (doc INTEGER PRIMARY KEY,
-- pg: CREATE TABLE search_doc (doc BIGINT PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    seq BIGINT NOT NULL
);
CREATE INDEX search_doc_place ON search_doc (conversation_id, seq);

-- Where the messages of a merged conversation are now.
CREATE TABLE search_moved (
    from_id BIGINT PRIMARY KEY,      -- the conversation that a document or an event names
    into_id BIGINT NOT NULL,         -- never itself a from_id
    shift BIGINT NOT NULL            -- added to seq
);
CREATE INDEX search_moved_into ON search_moved (into_id);

-- The postings of documents lo..hi. Ranges of segments do not overlap and leave no gap. Neighbours of one size become one
-- bigger segment, step by step: while it is being built it holds what stands before (at_shop, at_term, at_ndoc), and the
-- segments whose into_id names it hold the rest.
CREATE TABLE search_segment (
    id BIGINT PRIMARY KEY,
    lo BIGINT NOT NULL,
    hi BIGINT NOT NULL,
    into_id BIGINT NOT NULL,         -- 0: nobody takes it in
    building BIGINT NOT NULL,
    at_shop BIGINT NOT NULL,
    at_term BIGINT NOT NULL,
    at_ndoc BIGINT NOT NULL
);

-- Postings, sorted by (shop_id, term, newest first), cut into pieces that fit a page; a piece is found by its last posting.
-- term: a folded character << 21 | the next one, or 0 for the character alone. ndoc: -doc. data: src/desk/search_chunk.h.
-- sqlite: CREATE TABLE search_chunk (id INTEGER PRIMARY KEY,
-- pg: CREATE TABLE search_chunk (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    segment_id BIGINT NOT NULL,
    shop_id BIGINT NOT NULL,
    term BIGINT NOT NULL,
    ndoc BIGINT NOT NULL,
    data BLOB NOT NULL
);
-- pg: ALTER TABLE search_chunk ALTER COLUMN data SET STORAGE PLAIN;
CREATE UNIQUE INDEX search_chunk_key ON search_chunk (segment_id, shop_id, term, ndoc);

-- Documents of erased messages, until no segment speaks of them.
CREATE TABLE search_gone (
    doc BIGINT PRIMARY KEY,
    segment_id BIGINT NOT NULL       -- the segment that is being built without it; 0: none yet
);

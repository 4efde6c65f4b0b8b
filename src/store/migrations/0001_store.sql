-- SPDX-License-Identifier: Apache-2.0
-- The store's own tables: what happened, who has seen it, what is to happen later, who does it.

-- What happened: ids and kinds, never text. Never changed, never deleted. Followers read it in the order (xid, position).
-- SQLite: one writer, so the position alone is the order, and xid is 0. PostgreSQL: a transaction that got its number
-- early may commit late, so the order begins with the transaction and stops before the oldest one that still runs.
-- sqlite: CREATE TABLE event (position INTEGER PRIMARY KEY, xid BIGINT NOT NULL,
-- pg: CREATE TABLE event (position BIGINT GENERATED ALWAYS AS IDENTITY, xid BIGINT NOT NULL,
    shop_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    subject_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,              -- noun.verb.version
    at_ms BIGINT NOT NULL
-- pg: , PRIMARY KEY (xid, position)
);

-- Added to PostgreSQL's transaction numbers: they start again low in a new cluster into which a dump was read.
-- pg: CREATE TABLE event_base (id BIGINT PRIMARY KEY, xid_base BIGINT NOT NULL);

-- How far each follower has come; moves in the transaction of its effects.
CREATE TABLE follower (
    name TEXT PRIMARY KEY,
    xid BIGINT NOT NULL,
    position BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Events a follower could not take, five times alone. Shown by doctor and metrics.
CREATE TABLE parked_event (
    follower TEXT NOT NULL,
    xid BIGINT NOT NULL,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,              -- of the last error
    detail TEXT NOT NULL,
    parked_at BIGINT NOT NULL,
    PRIMARY KEY (follower, xid, position)
);

-- What is to happen at a time: one for each kind and subject.
CREATE TABLE timer (
    kind TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    data BIGINT NOT NULL,
    run_at BIGINT NOT NULL,          -- due_at, later after a failure
    failures BIGINT NOT NULL,
    PRIMARY KEY (kind, subject_id)
);
CREATE INDEX timer_run ON timer (run_at);

-- Who does what only one process may do, and until when unless it is renewed.
CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    node BIGINT NOT NULL,
    until_ms BIGINT NOT NULL
);

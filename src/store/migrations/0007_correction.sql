-- SPDX-License-Identifier: Apache-2.0
-- What people say a customer's message means where the machine read it otherwise.

-- One a message: a later one takes its place, what was before stands in the audit log. was_…: what the machine had read.
CREATE TABLE correction (
    conversation_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    id BIGINT NOT NULL,              -- anew each time: the higher, the later
    shop_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,         -- who
    at_ms BIGINT NOT NULL,
    model TEXT NOT NULL,             -- that read the message
    was_emotion TEXT NOT NULL,
    was_intensity BIGINT NOT NULL,
    was_intents TEXT NOT NULL,       -- JSON array of codes, the surest first
    was_intent TEXT NOT NULL,        -- the first of them, or ''
    was_stage TEXT NOT NULL,
    emotion TEXT NOT NULL,
    intensity BIGINT NOT NULL,
    intents TEXT NOT NULL,
    intent TEXT NOT NULL,
    stage TEXT NOT NULL,
    note TEXT NOT NULL,              -- why, or ''
    PRIMARY KEY (conversation_id, seq)
);
CREATE UNIQUE INDEX correction_shop ON correction (shop_id, id);

-- JSON of the correction as the workbench shows it; NULL: none.
ALTER TABLE message ADD COLUMN corrected TEXT;

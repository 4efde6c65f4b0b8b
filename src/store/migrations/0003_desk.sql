-- SPDX-License-Identifier: Apache-2.0
-- The desk: channels, customers, conversations, messages, SLA rounds, agents' presence, files.
-- Times are milliseconds since 1970 UTC. JSON lives in TEXT. Every table that a shop owns carries shop_id.

-- One way in: a web widget, later other platforms. `config` is the widget's face (labels.md codes and words of the shop).
CREATE TABLE channel (
    id BIGINT PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    key TEXT NOT NULL UNIQUE,        -- public, in the snippet
    kind TEXT NOT NULL,              -- web
    name TEXT NOT NULL,
    secret TEXT NOT NULL,            -- signs visitors' identities; shown to owners only
    config TEXT NOT NULL,            -- JSON: color, greeting, quick_questions, agent_label, address_form, offline_text, privacy_text, allowed_origins
    greeting_ms BIGINT,              -- NULL: the shop's
    reply_ms BIGINT,
    sla_version BIGINT NOT NULL,     -- counts changes of the two limits above
    active BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- A person, known under one or more channel identities (CH-1).
CREATE TABLE customer (
    id BIGINT PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    name TEXT NOT NULL,              -- '' while unknown
    note TEXT NOT NULL,
    vip TEXT NOT NULL,
    contact TEXT NOT NULL,           -- what an offline form left
    signed BIGINT NOT NULL,          -- 1: proved by a signed identity
    channel_id BIGINT NOT NULL,      -- where first seen
    page_url TEXT NOT NULL,          -- last page
    page_title TEXT NOT NULL,
    lang TEXT NOT NULL,
    blocked_at BIGINT,
    blocked_reason TEXT,
    sticky_agent_id BIGINT,          -- who served last (CARE-7)
    merged_into BIGINT,
    erased_at BIGINT,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
CREATE INDEX customer_shop ON customer (shop_id, id);

CREATE TABLE customer_identity (
    channel_id BIGINT NOT NULL,
    value TEXT NOT NULL,             -- the shop's user id
    shop_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (channel_id, value)
);
CREATE INDEX customer_identity_customer ON customer_identity (customer_id);

-- One thread with one customer on one channel, from first message to close.
CREATE TABLE conversation (
    id BIGINT PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    channel_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    status TEXT NOT NULL,            -- queued open waiting snoozed closed
    stage TEXT NOT NULL,             -- pre in after (labels.md)
    assignee_id BIGINT,
    skill TEXT,                      -- wanted skill, NULL: any
    last_seq BIGINT NOT NULL,        -- gapless, notes included
    last_role TEXT,
    last_kind TEXT,
    last_text TEXT,                  -- head of the last message for lists
    last_at BIGINT,
    unread BIGINT NOT NULL,          -- customer messages the agent has not read
    agent_read_seq BIGINT NOT NULL,
    visitor_read_seq BIGINT NOT NULL,
    emotion TEXT NOT NULL,           -- of the last customer message
    intensity BIGINT NOT NULL,
    priority BIGINT NOT NULL,        -- queue order: higher first (EMO-3)
    tags TEXT NOT NULL,              -- JSON array
    subject TEXT NOT NULL,           -- first intent code, '' unknown
    scripts_used TEXT NOT NULL,      -- JSON array of script ids (ETQ-3)
    clock_kind TEXT,                 -- greeting | reply | NULL: nobody waits
    clock_started_at BIGINT,
    clock_due_at BIGINT,             -- working time counted (hours)
    clock_limit_ms BIGINT,
    clock_round BIGINT,              -- sla_round.id
    greeted_at BIGINT,               -- a person's first message
    queued_at BIGINT,
    assigned_at BIGINT,
    snooze_until BIGINT,
    closed_at BIGINT,
    close_reason TEXT,
    merged_into BIGINT,
    rating_score BIGINT,
    rating_tags TEXT,
    rating_note TEXT,
    page_url TEXT NOT NULL,
    page_title TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- Keys of these indexes do not change with a message, so that a message costs no index write here.
CREATE INDEX conversation_queue ON conversation (shop_id, priority DESC, queued_at, id) WHERE status = 'queued';
CREATE INDEX conversation_mine ON conversation (assignee_id, id) WHERE status <> 'closed';
CREATE INDEX conversation_live ON conversation (shop_id, id) WHERE status <> 'closed';
CREATE INDEX conversation_closed ON conversation (shop_id, closed_at) WHERE status = 'closed';
CREATE INDEX conversation_customer ON conversation (customer_id, id);

-- Appended, not clustered by conversation: messages of one commit share pages (docs/decisions/message-rows-append.md).
CREATE TABLE message (
    conversation_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    role TEXT NOT NULL,              -- customer agent robot system
    kind TEXT NOT NULL,              -- text image file card note
    body TEXT NOT NULL,              -- for system: a code
    extra TEXT,                      -- JSON: file, card, suggestion, guard
    sender_id BIGINT,                -- staff or customer id
    sender_name TEXT,                -- as shown then
    client_id TEXT,                  -- the sender's own id: stored once
    understanding TEXT,              -- JSON of nlu, with model version and saw_seq
    at_ms BIGINT NOT NULL,
    recalled_at BIGINT,
    PRIMARY KEY (conversation_id, seq)
);
CREATE UNIQUE INDEX message_client ON message (conversation_id, client_id) WHERE client_id IS NOT NULL;

-- Each waiting of a customer: what the clock said and, when late, why it counts (PRE-1, PRE-2).
CREATE TABLE sla_round (
    id BIGINT PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    limit_ms BIGINT NOT NULL,
    config_version BIGINT NOT NULL,
    opened_seq BIGINT NOT NULL,
    stopped_at BIGINT,
    stopped_seq BIGINT,
    late BIGINT NOT NULL,
    reason TEXT,                     -- queue | requeued | transfer | agent_load | agent | closed
    queue_ms BIGINT NOT NULL,        -- part of the wait spent in the queue
    agent_id BIGINT
);
CREATE INDEX sla_round_conversation ON sla_round (conversation_id, id);
CREATE INDEX sla_round_shop ON sla_round (shop_id, started_at);

-- Presence of agents. A row with a lease: `gone_at` is set when the last socket closed.
CREATE TABLE agent_state (
    user_id BIGINT PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    status TEXT NOT NULL,            -- online busy break wrapup offline
    reason TEXT NOT NULL,
    since BIGINT NOT NULL,
    active_at BIGINT NOT NULL,       -- last sign of life
    assigned_at BIGINT NOT NULL,     -- last routed conversation: the longest idle comes first
    gone_at BIGINT                   -- NULL: a socket is open
);
CREATE INDEX agent_state_shop ON agent_state (shop_id);

-- Uploaded files; bytes are in data/uploads. `link_key` makes the link private.
CREATE TABLE file (
    id BIGINT PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    customer_id BIGINT,
    user_id BIGINT,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    link_key TEXT NOT NULL,
    used BIGINT NOT NULL,            -- 1: a message refers to it; unused ones are removed after a day
    created_at BIGINT NOT NULL
);
CREATE INDEX file_owner ON file (customer_id, created_at);
CREATE INDEX file_unused ON file (created_at) WHERE used = 0;

-- Reply templates (话术). `shop_id`+`id`; the library's own carry their content id. `body` is the JSON of content/scripts.
CREATE TABLE script (
    shop_id BIGINT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    active BIGINT NOT NULL,
    updated_by BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (shop_id, id)
);

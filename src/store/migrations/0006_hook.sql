-- SPDX-License-Identifier: Apache-2.0
-- Webhooks: whom to tell what, and each telling with what came of it.

CREATE TABLE hook (
    id BIGINT PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,            -- JSON array of names, or ["*"]
    secret TEXT NOT NULL,            -- sealed; signs each delivery
    texts BIGINT NOT NULL,           -- 1: with what people said and are called
    active BIGINT NOT NULL,
    dropped BIGINT NOT NULL,         -- tellings left out because too many waited
    created_by BIGINT,
    created_at BIGINT NOT NULL,      -- what happened before is not told
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT                -- the log goes in steps, then the row
);
CREATE INDEX hook_shop ON hook (shop_id, id);

CREATE TABLE hook_delivery (
    id BIGINT PRIMARY KEY,           -- the receiver's key for doing a thing once
    hook_id BIGINT NOT NULL,
    shop_id BIGINT NOT NULL,
    event TEXT NOT NULL,
    conversation_id BIGINT NOT NULL, -- 0: about a customer only
    customer_id BIGINT NOT NULL,
    body TEXT NOT NULL,              -- '' once what it told of was erased
    status TEXT NOT NULL,            -- pending delivered failed
    attempts BIGINT NOT NULL,        -- begun ones
    next_at BIGINT NOT NULL,         -- pending: not before; while one sends, when another may
    created_at BIGINT NOT NULL,
    finished_at BIGINT,              -- of the last attempt
    code BIGINT,                     -- HTTP status of the last attempt
    error TEXT,                      -- what went wrong with it
    duration_ms BIGINT,
    answer TEXT                      -- its first KiB
);
CREATE INDEX hook_delivery_due ON hook_delivery (hook_id, next_at) WHERE status = 'pending';
CREATE INDEX hook_delivery_log ON hook_delivery (hook_id, id);
CREATE INDEX hook_delivery_conversation ON hook_delivery (conversation_id) WHERE conversation_id <> 0;
CREATE INDEX hook_delivery_customer ON hook_delivery (customer_id) WHERE conversation_id = 0;

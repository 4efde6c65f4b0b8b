-- SPDX-License-Identifier: Apache-2.0
-- The optional language model: what each shop has spent a day. No texts.

CREATE TABLE llm_use (
    shop_id BIGINT NOT NULL,
    day BIGINT NOT NULL,             -- of the shop's calendar: days since 1970-01-01 in its time zone
    calls BIGINT NOT NULL,           -- drafts asked for
    failed BIGINT NOT NULL,          -- of these: no usable answer came
    tokens BIGINT NOT NULL,          -- spent, and held for calls on their way
    PRIMARY KEY (shop_id, day)
);

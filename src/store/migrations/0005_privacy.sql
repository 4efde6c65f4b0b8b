-- SPDX-License-Identifier: Apache-2.0
-- Erasing what people said: at their wish, or when the shop's time for keeping it is over.

-- When texts, pictures and addresses of an ended conversation were removed; NULL again when it goes on.
ALTER TABLE conversation ADD COLUMN erased_at BIGINT;
-- What is still to be erased; as conversation_closed its key changes only when a conversation ends.
CREATE INDEX conversation_erasable ON conversation (shop_id, closed_at) WHERE status = 'closed' AND erased_at IS NULL;
-- Records that were found to be one person.
CREATE INDEX customer_merged ON customer (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX file_shop ON file (shop_id, created_at);

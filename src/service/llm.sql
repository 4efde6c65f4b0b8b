-- SPDX-License-Identifier: Apache-2.0

-- name: use
-- What a shop has spent that day.
SELECT calls, failed, tokens FROM llm_use WHERE shop_id = ?1 AND day = ?2;

-- name: hold
-- Before a call: so many tokens are held for it. No row: the day's budget (?4) does not have them.
INSERT INTO llm_use (shop_id, day, calls, failed, tokens) VALUES (?1, ?2, 1, 0, ?3)
ON CONFLICT (shop_id, day) DO UPDATE SET calls = llm_use.calls + 1, tokens = llm_use.tokens + ?3
WHERE llm_use.tokens + ?3 <= ?4;

-- name: settle
-- After it: what was held becomes what was spent.
UPDATE llm_use SET tokens = CASE WHEN tokens + ?3 > 0 THEN tokens + ?3 ELSE 0 END, failed = failed + ?4
WHERE shop_id = ?1 AND day = ?2;

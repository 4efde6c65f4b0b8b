# SPDX-License-Identifier: Apache-2.0
"""Search: waits for the index, compares with a substring scan, then measures latency. Used by bench/run."""
import http.client
import json
import os
import random
import sqlite3
import time
import urllib.parse

from harness import median, say

PAGE = 100
TRUTH_MAX = 300  # of a query with more hits, the newest so many are compared


def wait_indexed(server, headers, limit_s):
    """Until the answers' watermark stands still and no follower lags, by /metrics when it says so."""
    started, last, still_since = time.monotonic(), None, time.monotonic()
    while time.monotonic() - started < limit_s:
        answer = json.loads(server.get("/api/search?q=" + urllib.parse.quote("你好") + "&limit=1", headers)[1])
        mark = answer.get("watermark")
        if mark != last:
            last, still_since = mark, time.monotonic()
        if time.monotonic() - still_since > 5:
            return time.monotonic() - started
        time.sleep(0.5)
    raise RuntimeError(f"the index was not complete after {limit_s} s (watermark {last})")


def queries(bodies, rng, each):
    """Substrings as people type them, cut anywhere from Chinese text; by length."""
    found = {}
    for length in (1, 2, 3, 4, 6):
        chosen = set()
        for _ in range(each * 200):
            body = rng.choice(bodies)
            if len(body) < length:
                continue
            at = rng.randint(0, len(body) - length)
            part = body[at:at + length]
            if all("\u4e00" <= c <= "\u9fff" for c in part):
                chosen.add(part)
            if len(chosen) == each:
                break
        found[length] = sorted(chosen)
    return found


def newest_hits(server, headers, query):
    """(conversation, seq) of up to TRUTH_MAX hits, by paging."""
    hits, cursor = [], ""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    while len(hits) < TRUTH_MAX:
        connection.request("GET", f"/api/search?kind=messages&limit={PAGE}&q={urllib.parse.quote(query)}{cursor}", headers=headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"search: {answer.status} {body}")
        hits += [(int(i["conversation"]), int(i["seq"])) for i in body["items"]]
        if not body["next"]:
            break
        cursor = "&cursor=" + urllib.parse.quote(body["next"])
    connection.close()
    return hits


def measure(bench, server, data, count, row):
    rng = random.Random(5)
    headers = server.login("zhuguan")
    took = wait_indexed(server, headers, 60 if bench.options.quick else 1200)
    say(f"  {count:,} messages indexed after {took:.0f} s")
    db = sqlite3.connect(f"file:{os.path.join(data, 'zhixin.db')}?mode=ro", uri=True)
    rows = db.execute("SELECT body, conversation_id, seq FROM message").fetchall()
    db.close()
    asked = queries([r[0] for r in rows], rng, 20 if bench.options.quick else 200)
    figures, table = {"index_s": took, "messages": len(rows)}, []
    for length, words in asked.items():
        checked, found, wanted, wrong = 0, 0, 0, 0
        for word in words[:10 if bench.options.quick else 40]:
            truth = {(c, s) for body, c, s in rows if word in body}
            hits = newest_hits(server, headers, word)
            checked += 1
            wrong += len([h for h in hits if h not in truth]) + (len(hits) - len(set(hits)))
            want = min(len(truth), TRUTH_MAX)
            wanted += want
            found += min(len(set(hits) & truth), want)
        paths = bench.path("paths.txt")
        with open(paths, "w") as f:
            f.write("".join(f"/api/search?kind=messages&limit=20&q={urllib.parse.quote(w)}\n" for w in words))
        rounds = [bench.load("http", server, connections=1, paths=paths, login="zhuguan:zhixin-demo", seconds=max(2, bench.options.seconds), warmup=0.5)
                  for _ in range(bench.options.rounds)]
        p50, p99 = median(rounds, "p50_ms"), median(rounds, "p99_ms")
        recall = found / wanted if wanted else None
        figures[length] = {"queries": len(words), "recall_queries": checked, "recall": recall, "wrong_hits": wrong, "p50_ms": p50, "p99_ms": p99}
        say(f"  {length} characters: recall {recall}, wrong {wrong}, p50 {p50} ms, p99 {p99} ms")
        good = recall == 1 and wrong == 0 and p50 is not None and p50 < 0.5 and p99 < 30
        table.append(row(f"search, {length} characters, {len(rows):,} messages", f"recall {recall:.3f}, p50 {p50:.2f}, p99 {p99:.1f} ms",
                         "1.000, < 0.5, < 30 ms", good))
    return figures, table

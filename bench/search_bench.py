# SPDX-License-Identifier: Apache-2.0
"""Search: waits for the index, compares with a substring scan, then measures latency. Used by bench/run."""
import http.client
import json
import os
import random
import sqlite3
import time
import urllib.parse

from harness import ROOT, median, say, threads_cpu_ns

PAGE = 100
TRUTH_MAX = 300  # of a query with more hits, the newest so many are compared
LENGTHS = (1, 2, 3, 4, 5, 6)


def open_db(data):
    return sqlite3.connect(f"file:{os.path.join(data, 'zhixin.db')}?mode=ro", uri=True)


def wait_indexed(server, headers, data, limit_s):
    """Until the index has the last event. Gives seconds since the server began and the CPU seconds it took."""
    db = open_db(data)
    last = db.execute("SELECT at_ms FROM event ORDER BY position DESC LIMIT 1").fetchone()[0]
    db.close()
    began, cpu = time.monotonic(), threads_cpu_ns(server.pid)
    while time.monotonic() - began < limit_s:
        answer = json.loads(server.get("/api/search?q=" + urllib.parse.quote("你好") + "&limit=1", headers)[1])
        if answer["complete"] and answer["watermark"] >= last:
            return time.monotonic() - server.started_at, threads_cpu_ns(server.pid) / 1e9 - cpu / 1e9
        time.sleep(0.2)
    raise RuntimeError(f"the index was not complete after {limit_s} s (watermark {answer['watermark']} of {last})")


def index_bytes(data):
    """Bytes of the pages of each table and index of the search."""
    db = open_db(data)
    sizes = dict(db.execute("SELECT name, sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name GLOB 'search_*' GROUP BY name"))
    segments = db.execute("SELECT count(*), sum(building) FROM search_segment").fetchone()
    messages = db.execute("SELECT pgsize FROM dbstat WHERE aggregate = TRUE AND name = 'message'").fetchone()[0]
    db.close()
    return sizes, segments, messages


def simplified():
    """The server takes Traditional and Simplified for the same; so does who checks it."""
    pairs = {}
    with open(os.path.join(ROOT, "src", "nlu", "trad.txt"), encoding="utf-8") as f:
        for line in f:
            if not line.startswith("#"):
                pairs.update({ord(p[0]): p[1] for p in line.split() if len(p) == 2})
    return pairs


def queries(bodies, rng, each):
    """Substrings as people type them, cut anywhere from Chinese text; by length."""
    found = {}
    for length in LENGTHS:
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
    quick = bench.options.quick
    headers = server.login("zhuguan")
    took, cpu = wait_indexed(server, headers, data, 60 if quick else 1200)
    sizes, (segments, building), text_bytes = index_bytes(data)
    total = sum(sizes.values())
    say(f"  {count:,} messages indexed in {took:.1f} s ({count / took:,.0f}/s, CPU {cpu:.1f} s); {total / 1e6:.0f} MB beside {text_bytes / 1e6:.0f} MB of "
        f"message rows; {segments} segments, {building} being built; {sizes}")
    fold = simplified()
    db = open_db(data)
    # In the order of events; one text to scan for all of them.
    rows = db.execute("SELECT m.body, m.conversation_id, m.seq FROM event e JOIN message m ON m.conversation_id = e.conversation_id AND m.seq = e.seq "
                      "WHERE e.kind = 'message.added.1' ORDER BY e.position DESC").fetchall()
    db.close()
    bodies = [r[0] for r in rows]
    folded = "\n".join(bodies).translate(fold)
    ends, at = [], 0
    for body in bodies:
        at += len(body) + 1
        ends.append(at)
    asked = queries(bodies, rng, 20 if quick else 200)
    figures, table = {"index_s": took, "index_cpu_s": cpu, "messages": len(rows), "index_bytes": sizes, "segments": segments}, []
    table.append(row(f"search index of {len(rows):,} messages", f"{total / len(rows):.0f} B each, {count / took:,.0f}/s", "–", None))
    for length, words in asked.items():
        checked = found = wanted = wrong = 0
        for word in words[:10 if quick else 40]:
            truth, place, message = [], folded.find(word.translate(fold)), 0
            while place >= 0 and len(truth) < TRUTH_MAX:
                while ends[message] <= place:
                    message += 1
                truth.append(rows[message][1:])
                place = folded.find(word.translate(fold), ends[message])
            hits = newest_hits(server, headers, word)[:TRUTH_MAX]
            checked += 1
            wanted += len(truth)
            found += len(set(hits) & set(truth))
            wrong += len(hits) - len(set(hits) & set(truth))
        paths = bench.path("paths.txt")
        with open(paths, "w") as f:
            f.write("".join(f"/api/search?kind=messages&limit=20&q={urllib.parse.quote(w)}\n" for w in words))
        rounds = [bench.load("http", server, connections=1, paths=paths, login="zhuguan:zhixin-demo", seconds=max(2, bench.options.seconds), warmup=0.5)
                  for _ in range(bench.options.rounds)]
        p50, p99 = median(rounds, "p50_ms"), median(rounds, "p99_ms")
        recall = found / wanted if wanted else None
        figures[length] = {"queries": len(words), "recall_queries": checked, "recall": recall, "wrong_hits": wrong, "p50_ms": p50, "p99_ms": p99}
        say(f"  {length} characters: recall {recall} over {wanted} hits, wrong {wrong}, p50 {p50} ms, p99 {p99} ms")
        good = recall == 1 and wrong == 0 and p50 is not None and p50 < 0.5 and p99 < 30
        table.append(row(f"search, {length} characters, {len(rows):,} messages", f"recall {recall:.3f}, p50 {p50:.2f}, p99 {p99:.1f} ms",
                         "1.000, < 0.5, < 30 ms", good))
    return figures, table

# SPDX-License-Identifier: Apache-2.0
"""What bench/run measures. Each section returns (all its figures, rows of the printed table)."""
import glob
import json
import os
import subprocess
import time

import fill_conversations
import search_bench
from harness import ROOT, memory_kb, median, ratio, say, summary, threads_cpu_ns

CHAT = ("per_second", "p50_ms", "p99_ms", "cpu_us", "user_share", "client_cpu_us", "push_p50_ms", "push_p99_ms", "rss_kb",
        "push_missing", "push_doubled", "refused", "lost", "starved")
PLAIN = ("per_second", "p50_ms", "p99_ms", "cpu_us", "user_share", "client_cpu_us")


def row(what, figure, target, good, yardstick="", server=""):
    verdict = "" if good is None else "ok" if good else "MISS"
    return {"what": what, "figure": figure, "target": target, "verdict": verdict, "yardstick": yardstick, "server": server}


def times(value, unit="×"):
    return "–" if value is None else f"{value:.2f} {unit}"


def compare(what, yard, ours, key, target, good):
    """A row for ours/yard by one key; good says whether the ratio meets the target."""
    value = ratio(ours.get(key), yard.get(key))
    unit = "/s" if key == "per_second" else " µs"
    return row(what, times(value), target, value is not None and good(value), f"{yard[key]:.1f}{unit}" if yard.get(key) else "–",
               f"{ours[key]:.1f}{unit}" if ours.get(key) else "–")


def interleave(bench, contenders):
    """contenders: name -> function that measures once. Returns name -> list of rounds."""
    rounds = {name: [] for name in contenders}
    for number in range(bench.options.rounds):
        for name, measure in contenders.items():
            rounds[name].append(measure())
            last = rounds[name][-1]
            if last:
                say(f"  round {number + 1} {name}: {last.get('per_second', 0):.0f}/s, {last.get('cpu_us', 0):.1f} µs, p50 {last.get('p50_ms', 0):.3f} ms")
    return rounds


def spans(bench, warmup=1.0):
    quick = bench.options.quick
    return {"seconds": bench.options.seconds, "warmup": 0.3 if quick else warmup}


def echo(bench):
    """WebSocket echo path: CPU per message against bare epoll."""
    figures, rows = {}, []
    span = spans(bench)
    for connections in (100,) if bench.options.quick else (100, 1000):
        yard = bench.echo()
        contenders = {"bare": lambda: bench.load("echo", yard, connections=connections, **span),
                      "bare ping": lambda: bench.load("echo", yard, connections=connections, send="ping", **span)}
        if os.path.exists(bench.net_echo()):
            net = bench.start("net echo", [bench.net_echo()], bench.path("net_echo.log"))
            contenders["net echo"] = lambda: bench.load("echo", net, connections=connections, **span)
        if bench.zhixin:
            server = bench.product()
            contenders["server ping"] = lambda: bench.load("echo", server, protocol="zhixin", connections=connections, send="ping", **span)
        rounds = interleave(bench, contenders)
        figures[connections] = {name: summary(r, PLAIN) for name, r in rounds.items()}
        now = figures[connections]
        if "net echo" in now:
            rows.append(compare(f"echo path, {connections} sockets, CPU", now["bare"], now["net echo"], "cpu_us", "≤ 1.25 ×", lambda v: v <= 1.25))
        if "server ping" in now:
            rows.append(compare(f"ping on the running server, {connections} sockets, CPU", now["bare ping"], now["server ping"], "cpu_us", "≤ 1.25 ×",
                                lambda v: v <= 1.25))
        for one in list(bench.servers):
            bench.stop(one)
    return figures, rows


def pool_for(bench, senders, rate):
    """Visitors who take turns, so that the shipped limit of messages a minute is kept: rate is a guess at what can be reached."""
    budget = bench.options.budget
    if not budget:
        return {"pool": senders}
    messages = rate * (bench.options.seconds + 1.5)
    return {"pool": min(9000, max(senders, int(messages / (budget - 2)) + 1)), "budget": budget}


def durable(bench):
    """Durable messages, socket to commit to acknowledge to push, against the bare slice."""
    figures, rows = {}, []
    span = spans(bench)
    for senders, guess in ((1, 2500), (100, 20000), (1000, 28000)):
        if bench.options.quick and senders == 1:
            continue
        pool = pool_for(bench, senders, guess)
        yard = bench.slice(f"slice{senders}.db")
        contenders = {"slice": lambda: bench.load("chat", yard, protocol="slice", senders=senders, pool=pool["pool"], **span)}
        if bench.zhixin:
            def measure_server():
                # A fresh visitor limit for each round: sessions are new, so are their allowances.
                return bench.load("chat", server, protocol="zhixin", senders=senders, per_watch=bench.options.per_watch, **pool, **span)
            server = bench.product(f"data{senders}")
            contenders["server"] = measure_server
        rounds = interleave(bench, contenders)
        figures[senders] = {name: summary(r, CHAT) for name, r in rounds.items()} | {"pool": pool}
        now = figures[senders]
        if bench.zhixin:
            rows.append(compare(f"durable messages, {senders} senders, rate", now["slice"], now["server"], "per_second",
                                "≥ 0.70 ×" if senders > 1 else "–", lambda v: v >= 0.7 or senders == 1))
            rows.append(compare(f"durable messages, {senders} senders, CPU", now["slice"], now["server"], "cpu_us",
                                "≤ 1.50 ×" if senders > 1 else "–", lambda v: v <= 1.5 or senders == 1))
        for one in list(bench.servers):
            bench.stop(one)
    return figures, rows


def openloop(bench):
    """Latency at a steady 2,000 messages a second against the bare slice."""
    span = spans(bench)
    pool = pool_for(bench, 1000, 2200)
    pool["pool"] = max(pool["pool"], 1000)
    yard = bench.slice()
    contenders = {"slice": lambda: bench.load("chat", yard, protocol="slice", senders=1000, rate=2000, pool=pool["pool"], **span)}
    if bench.zhixin:
        server = bench.product()
        contenders["server"] = lambda: bench.load("chat", server, protocol="zhixin", senders=1000, rate=2000, per_watch=bench.options.per_watch,
                                                  **pool, **span)
    rounds = interleave(bench, contenders)
    figures = {name: summary(r, CHAT) for name, r in rounds.items()}
    rows = []
    if bench.zhixin:
        a, b = figures["slice"], figures["server"]
        value = ratio(b["p50_ms"], a["p50_ms"])
        rows.append(row("2,000 messages/s, p50", times(value), "≤ 1.50 ×", value is not None and value <= 1.5, f"{a['p50_ms']:.2f} ms", f"{b['p50_ms']:.2f} ms"))
        rows.append(row("2,000 messages/s, p99", f"{b['p99_ms']:.1f} ms", "≤ 10 ms", b["p99_ms"] <= 10, f"{a['p99_ms']:.1f} ms", f"{b['p99_ms']:.1f} ms"))
    return figures, rows


def socketio(bench):
    """socket.io + better-sqlite3 (synchronous=FULL), what others would write, beside slice and server."""
    if not bench.socketio_ready:
        return {}, [row("socket.io yardstick", "not set up", "–", None)]
    figures, rows = {}, []
    span = spans(bench)
    for senders in (50,) if bench.options.quick else (1, 50, 100):
        pool = pool_for(bench, senders, 20000)
        yard, other = bench.slice(f"s{senders}.db"), bench.socketio(f"io{senders}.db")
        contenders = {"slice": lambda: bench.load("chat", yard, protocol="slice", senders=senders, **span),
                      "socket.io": lambda: bench.load("chat", other, protocol="socketio", senders=senders, **span)}
        if bench.zhixin:
            server = bench.product(f"dio{senders}")
            contenders["server"] = lambda: bench.load("chat", server, protocol="zhixin", senders=senders, per_watch=bench.options.per_watch, **pool,
                                                      **span)
        rounds = interleave(bench, contenders)
        figures[senders] = {name: summary(r, CHAT) for name, r in rounds.items()}
        now = figures[senders]
        rows.append(compare(f"socket.io FULL, {senders} senders, CPU (beside the slice)", now["slice"], now["socket.io"], "cpu_us", "–", lambda v: True))
        if bench.zhixin:
            rows.append(compare(f"server, {senders} senders, CPU (beside socket.io)", now["socket.io"], now["server"], "cpu_us", "–", lambda v: True))
        for one in list(bench.servers):
            bench.stop(one)
    return figures, rows


def http(bench):
    """HTTP small reply and an authenticated read against the bare small reply."""
    span = spans(bench)
    yard = bench.echo()
    contenders = {"bare": lambda: bench.load("http", yard, connections=64, path="/", **span)}
    if bench.zhixin:
        # One log-in may make 500 calls a second; here it makes as many as can be answered.
        server = bench.product(more=("--call-rate", "1000000"))
        bench.load("chat", server, protocol="zhixin", senders=1, pool=1, seconds=0.2, warmup=0, per_watch=bench.options.per_watch)
        items = json.loads(server.get("/api/conversations?view=all&limit=1", server.login("zhuguan"))[1]).get("items") or [{}]
        login = "xiaoyu:zhixin-demo"
        contenders["healthz"] = lambda: bench.load("http", server, connections=64, path="/healthz", **span)
        contenders["me"] = lambda: bench.load("http", server, connections=64, path="/api/me", login=login, **span)
        if "id" in items[0]:
            contenders["conversation"] = lambda: bench.load("http", server, connections=64, path=f"/api/conversations/{items[0]['id']}", login=login,
                                                            **span)
    rounds = interleave(bench, contenders)
    figures = {name: summary(r, PLAIN) for name, r in rounds.items()}
    rows = []
    if bench.zhixin:
        rows.append(compare("HTTP small reply, CPU", figures["bare"], figures["healthz"], "cpu_us", "≤ 1.20 ×", lambda v: v <= 1.2))
        for name in ("me", "conversation"):
            if name in figures:
                rows.append(compare(f"authenticated read ({name}), rate", figures["bare"], figures[name], "per_second", "≥ 0.40 ×", lambda v: v >= 0.4))
    return figures, rows


def idle(bench):
    """User memory of an idle visitor socket, plain and TLS, at 10,000 and 19,000."""
    figures, rows = {}, []
    quick = bench.options.quick
    plan = [("bare", False, 10000), ("server", False, 2000), ("server", True, 1000)] if quick else [
        ("bare", False, 10000), ("bare", False, 19000), ("socket.io", False, 10000), ("server", False, 10000), ("server", False, 19000),
        ("server", True, 10000), ("server", True, 19000)]
    for kind, tls, count in plan:
        if (kind == "server" and not bench.zhixin) or (kind == "socket.io" and not bench.socketio_ready):
            continue
        if kind == "server":
            server = bench.product(f"idle{count}{tls}", tls=bench.certificate() if tls else None)
        else:
            server = bench.echo() if kind == "bare" else bench.socketio("idle.db")
        protocol = {"bare": "bare", "socket.io": "socketio", "server": "zhixin"}[kind]
        got = bench.load("idle", server, protocol=protocol, connections=count, settle=0.5 if quick else 3)
        bench.stop(server)
        figures[f"{kind} {'tls' if tls else 'plain'} {count}"] = got
        if not got:
            continue
        limit = None if kind != "server" else 16 if tls else 1
        rows.append(row(f"idle sockets, {count:,} {'TLS' if tls else 'plain'}, {kind}", f"{got['kb_per_connection']:.2f} KB each",
                        f"≤ {limit} KB" if limit else "–", got["kb_per_connection"] <= limit if limit else None,
                        server=f"{got['rss_kb_after'] / 1024:.0f} MB in all"))
    return figures, rows


def queue(bench):
    """Open-queue page at 100,000 and 1,000,000 conversations."""
    if not bench.zhixin:
        return {}, []
    figures, rows = {}, []
    for count in (20000,) if bench.options.quick else (100000, 1000000):
        data = f"queue{count}"
        filled_data(bench, data, count)
        server = bench.product(data, more=("--call-rate", "1000000"))
        got = {}
        for name, path in (("queue", "/api/conversations?view=queue&limit=50"), ("all", "/api/conversations?view=all&limit=50"),
                           ("closed", "/api/conversations?view=closed&limit=50")):
            rounds = [bench.load("http", server, connections=1, path=path, login="zhuguan:zhixin-demo", **spans(bench)) for _ in range(bench.options.rounds)]
            got[name] = summary(rounds, PLAIN + ("answer_bytes",))
            say(f"  {count} conversations, {name}: p50 {got[name]['p50_ms']} ms")
        figures[count] = got
        bench.stop(server)
        value = got["queue"]["p50_ms"]
        rows.append(row(f"open-queue page, {count:,} conversations", f"{value:.2f} ms p50" if value else "–", "≤ 2 ms", bool(value) and value <= 2,
                        server=f"p99 {got['queue']['p99_ms']:.1f} ms" if value else ""))
    if len(figures) == 2 and all(f["queue"]["p50_ms"] for f in figures.values()):
        value = figures[1000000]["queue"]["p50_ms"] / figures[100000]["queue"]["p50_ms"]
        rows.append(row("  the same, 1,000,000 beside 100,000", times(value), "flat (≤ 1.5 ×)", value <= 1.5))
    return figures, rows


def filled_data(bench, data, conversations, messages=1, events=False):
    """A data folder made by the server itself (demo shop), then filled through SQLite."""
    server = bench.product(data)
    bench.stop(server)
    started = time.monotonic()
    fill_conversations.fill(os.path.join(bench.path(data), "zhixin.db"), conversations, messages, events=events)
    say(f"  filled {conversations:,} conversations in {time.monotonic() - started:.0f} s")


def search(bench):
    """Chinese search over 1,000,000 messages: recall against a substring scan, 1-6 characters, and latency."""
    if not bench.zhixin:
        return {}, []
    count = 20000 if bench.options.quick else 1000000
    filled_data(bench, "search", count // 4, 4, events=True)
    server = bench.product("search")
    figures, rows = search_bench.measure(bench, server, bench.path("search"), count, row)
    bench.stop(server)
    return figures, rows


def memory(bench):
    """Memory of the demo desk, idle and with 50 agents and 1,000 visitors."""
    if not bench.zhixin:
        return {}, []
    server = bench.product()
    time.sleep(1 if bench.options.quick else 5)
    before = memory_kb(server.pid)
    span = {"seconds": 2, "warmup": 0.5} if bench.options.quick else {"seconds": 30, "warmup": 1}
    busy = bench.load("chat", server, protocol="zhixin", senders=1000, pool=1000, rate=100, per_watch=40, **span)  # 2 x 25 desk sockets
    figures = {"idle": before, "busy": busy}
    rows = [row("demo desk, idle", f"{before['rss'] / 1024:.1f} MB", "< 30 MB", before["rss"] < 30 * 1024)]
    if busy:
        rows.append(row("demo desk, 50 agents' sockets and 1,000 visitors", f"{busy['rss_kb'] / 1024:.1f} MB", "< 150 MB", busy["rss_kb"] < 150 * 1024))
    return figures, rows


def start(bench):
    """Start to first answer: demo shop (new and again), and a warm 1 GB database."""
    if not bench.zhixin:
        return {}, []
    figures, rows = {}, []

    def measure(name, data, limit, **named):
        taken = []
        for _ in range(max(3, bench.options.rounds) if not named.get("fresh") else bench.options.rounds):
            folder = f"{data}{len(taken)}" if named.get("fresh") else data
            server = bench.product(folder)
            taken.append(server.start_s)
            bench.stop(server)
        figures[name] = taken
        value = sorted(taken)[len(taken) // 2]
        rows.append(row(f"start to first answer, {name}", f"{value * 1000:.0f} ms", f"< {limit * 1000:.0f} ms", value < limit))

    measure("first start of a demo shop", "fresh", 0.5, fresh=True)
    measure("demo shop again", "fresh0", 0.5)
    if not bench.options.quick:
        filled_data(bench, "large", 1000000)
        size = sum(os.path.getsize(f) for f in glob.glob(bench.path("large") + "/zhixin.db*"))
        figures["large_bytes"] = size
        measure(f"warm {size / 1e9:.1f} GB database", "large", 1.0)
    return figures, rows


def understanding(bench):
    """Understanding one message, apart from carrying it: CPU of `zhixin analyse` per customer turn."""
    if not bench.zhixin:
        return {}, []
    texts = fill_conversations.texts(5000 if bench.options.quick else 50000)
    path = bench.path("analyse.jsonl")
    with open(path, "w") as f:
        for text in texts:
            f.write(json.dumps({"turns": [{"role": "user", "text": text}]}, ensure_ascii=False) + "\n")

    def run(lines):
        with open(path) as source:
            part = "".join(source.readlines()[:lines])
        before = os.times()
        done = subprocess.run([bench.zhixin, "analyse"], input=part.encode(), capture_output=True, timeout=600)
        after = os.times()
        if done.returncode != 0 or done.stdout.count(b"\n") != lines:
            raise RuntimeError(f"zhixin analyse: exit {done.returncode}, {done.stderr[:200]!r}")
        return after.children_user + after.children_system - before.children_user - before.children_system

    small = len(texts) // 10
    cpu = (run(len(texts)) - run(small)) / (len(texts) - small) * 1e6
    return {"cpu_us": cpu, "messages": len(texts)}, [row("understanding one message, JSON in and out", f"{cpu:.0f} µs", "≤ 100 µs", cpu <= 100)]


ALL = {"echo": echo, "durable": durable, "openloop": openloop, "socketio": socketio, "http": http, "idle": idle, "queue": queue, "search": search,
       "memory": memory, "start": start, "understanding": understanding}


def chosen(quick):
    return [name for name in ALL if not quick or name not in ("search",)]

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad lines and restarts: a browser that reconnects a thousand times, two tabs, a reader that does not read, an agent who comes back to
many conversations, a server that is stopped and started again. Nothing is lost, nothing is shown twice, nothing grows."""
import json
import re
import socket
import struct
import sys
import time

import client
from story import equal, expect, main, refused, story

UPGRADE = ("GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%s\r\n")


def measures(w):
    _, body = client.Http(w.port).raw("GET", "/metrics")
    return {k: int(v) for k, v in re.findall(r"^(zhixin_\w+) (-?\d+)$", body.decode(), re.M)}


def settled(w, name, want, seconds=10):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        have = measures(w).get(name)  # none: refused for a moment, as too many connections are closing
        if have == want:
            return
        time.sleep(0.05)
    raise AssertionError("%s is %s, want %s" % (name, have, want))


def texts(frames):
    return [f["message"]["text"] for f in frames if f["type"] == "message" and f["message"]["role"] != "system"]


def seqs(frames):
    return [f["message"]["seq"] for f in frames if f["type"] == "message"]


@story
def a_browser_reconnects_a_thousand_times(w):
    a, v = w.online(), w.visitor()
    for i in range(30):
        equal(v.say("第 %d 句" % i)["type"], "ack")
    v.close()
    conversation = v.welcome["conversation"] or a.ws.message("第 29 句")["message"]["conversation"]
    settled(w, "zhixin_sockets_visitor", 0)
    before = measures(w)
    opened = 0
    for i in range(1000):
        s = client.Ws(w.port, "/api/widget/ws")
        s.send(type="hello", token=v.token, after=(0, 15, 30)[i % 3])
        if i % 4 == 0:  # most leave before anything is answered
            s.wait("welcome")
            opened += 1
        s.close()
    equal(opened, 250)
    v.open()  # and still everything is there, once and in order
    v.ws.wait("meta")
    equal([t for t in texts(v.ws.all) if t.startswith("第")], ["第 %d 句" % i for i in range(30)])
    equal(a.say(conversation, "您好，我在")["type"], "ack")
    v.ws.message("您好，我在")
    settled(w, "zhixin_sockets_visitor", 1)
    settled(w, "zhixin_work_queue", 0)
    after = measures(w)
    equal(after["zhixin_errors_total"], before["zhixin_errors_total"])
    expect(after["zhixin_heap_bytes"] - before["zhixin_heap_bytes"] < 24 << 20, (before, after))


@story
def upgrades_that_nobody_waits_for(w):
    """The log-in is looked up while the browser has already gone: no socket may be left over."""
    cookie = w.http("xiaolin").cookie
    line = (UPGRADE % ("/api/ws", w.port, "Cookie: zx_session=%s\r\n" % cookie)).encode()
    for _ in range(300):
        s = socket.create_connection(("127.0.0.1", w.port), timeout=5)
        s.sendall(line)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()  # with a reset
    settled(w, "zhixin_sockets", 0)
    settled(w, "zhixin_sockets_pending", 0, 3)


@story
def a_page_in_a_loop_has_to_wait(w):
    """Openings cost reading, so an address has only so many."""
    limited = None
    for _ in range(4000):
        try:
            client.Ws(w.port, "/api/widget/ws").close()
        except client.Refused as e:
            equal((e.status, e.code), (429, "request.too_many"))
            expect(e.error["retry_after_ms"] > 0)
            limited = e.error
            break
    expect(limited)
    time.sleep(limited["retry_after_ms"] / 1000 + 2.0)
    w.visitor()


@story
def one_person_has_so_many_sockets(w):
    v = client.Visitor(w.port)
    open_now = []
    for _ in range(64):
        s = client.Ws(w.port, "/api/widget/ws")
        s.send(type="hello", token=v.token, after=0)
        s.wait("meta")
        open_now.append(s)
    s = client.Ws(w.port, "/api/widget/ws")
    s.send(type="hello", token=v.token, after=0)
    equal(s.closed(), 4429)
    for s in open_now:
        s.close()
    settled(w, "zhixin_sockets_visitor", 0)
    v.open()
    v.close()


@story
def two_tabs_see_the_same(w):
    a = w.online()
    one = w.visitor()
    two = client.Visitor(w.port, token=one.token).open()
    w.people.append(two)
    equal(two.id, one.id)
    one.ws.wait("meta")
    two.ws.wait("meta")
    said = []
    for i in range(10):
        tab, other = (one, two) if i % 2 else (two, one)
        text = "标签 %d" % i
        ack = tab.say(text, client_id="tab%d" % i)
        equal(ack["type"], "ack")
        other.ws.message(text)
        said.append(text)
    again = two.say("标签 9", client_id="tab9")  # said in tab one
    equal((again["type"], again["seq"]), ("ack", ack["seq"]))
    a.ws.message("标签 9")
    a.say(ack["conversation"], "收到啦")
    one.ws.message("收到啦")
    two.ws.message("收到啦")
    # between them the tabs have each message once: by push or by acknowledgement
    for tab in (one, two):
        mine = seqs(tab.ws.all)
        equal(len(mine), len(set(mine)))
        equal(mine, sorted(mine))
        acked = [f["seq"] for f in tab.ws.all if f["type"] == "ack"]
        expect(not set(acked[:5]) & set(mine), (acked, mine))
    two.close()
    one.say("还剩一个")
    a.ws.message("还剩一个")


@story
def typing_is_not_left_behind(w):
    a, v = w.online(), w.visitor()
    conversation = v.say("在吗")["conversation"]
    a.ws.message("在吗")
    a.ws.send(type="typing", conversation=conversation, on=True, mode="reply")
    equal(v.ws.wait("typing")["on"], True)
    a.close()
    equal(v.ws.wait("typing")["on"], False)


@story
def a_reader_that_does_not_read(w):
    a, v = w.online(), w.visitor()
    conversation = v.say("我网很慢")["conversation"]
    a.ws.message("我网很慢")
    stuck = client.Ws.__new__(client.Ws)
    stuck.sock = socket.socket()
    stuck.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.sock.settimeout(5)
    stuck.sock.connect(("127.0.0.1", w.port))
    stuck.buffer, stuck.kept, stuck.all = b"", [], []
    stuck.sock.sendall((UPGRADE % ("/api/widget/ws", w.port, "")).encode())
    while b"\r\n\r\n" not in stuck.buffer:
        stuck.buffer += stuck.sock.recv(1)
    stuck.buffer = b""
    slow_before = measures(w)["zhixin_slow_readers_closed_total"]
    stuck.send(type="hello", token=v.token, after=0)
    stuck.wait("meta")
    big, n = "很" * 1900, 0
    until = time.monotonic() + 60
    while measures(w)["zhixin_slow_readers_closed_total"] == slow_before and time.monotonic() < until:
        for _ in range(40):
            n += 1
            equal(a.say(conversation, big + str(n))["type"], "ack")
    expect(measures(w)["zhixin_slow_readers_closed_total"] > slow_before, "it was never given up")
    for i in range(1, n + 1):  # the other tab has them all
        v.ws.message(big + str(i))
    stuck.sock.close()
    late = client.Visitor(w.port, token=v.token).open(after=0)
    w.people.append(late)
    late.ws.message(big + str(n), wait=20)
    equal([t for t in texts(late.ws.all) if t.startswith("很")], [big + str(i) for i in range(1, n + 1)])


@story
def an_agent_comes_back_to_many(w):
    a = w.online()
    a.http.post("/api/me/status", {"status": "online"})
    boss = w.http("laoban")
    boss.patch("/api/users/" + a.id, {"capacity": 30})
    visitors = [w.visitor() for _ in range(25)]
    ids = {}
    for i, v in enumerate(visitors):
        ids[v.say("第 %d 位" % i)["conversation"]] = i
    for i in range(25):
        a.ws.message("第 %d 位" % i)
    stand = {}
    for c, i in ids.items():
        stand[c] = a.say(c, "您好 %d" % i)["seq"]
        a.ws.message("您好 %d" % i)
    a.close()  # the line breaks
    for i, v in enumerate(visitors):
        for k in range(3):
            v.say("等着 %d.%d" % (i, k))
    a.open(after=stand)
    got = {c: [] for c in ids}
    until = time.monotonic() + 15
    while sum(len(x) for x in got.values()) < 75 and time.monotonic() < until:
        f = a.ws.find(lambda f: f["type"] == "message" and f["message"]["role"] == "customer", "a missed message")
        got[f["message"]["conversation"]].append((f["message"]["seq"], f["message"]["text"]))
    for c, i in ids.items():
        equal([t for _, t in got[c]], ["等着 %d.%d" % (i, k) for k in range(3)])
        expect(got[c][0][0] > stand[c])
    equal(len([f for f in a.ws.all if f["type"] == "conversation"]) >= 25, True)
    a.ws.quiet("message", 0.3)
    boss.patch("/api/users/" + a.id, {"capacity": 5})


@story
def a_key_opens_only_what_it_is_for(w):
    owner = w.http("laoban")
    keys = {s: owner.post("/api/apikeys", {"name": s, "scopes": [s]}) for s in ("read", "chat", "admin")}

    def key(answer):
        return answer.get("secret") or answer.get("key") or answer["token"]

    v = w.visitor()
    conversation = v.say("钥匙")["conversation"]
    reader = client.Ws(w.port, "/api/ws", {"Authorization": "Bearer " + key(keys["read"])})
    reader.send(type="hello")
    reader.wait("welcome")
    reader.send(type="watch", conversation=conversation, after=0)
    reader.message("钥匙")
    for frame in ({"type": "send", "conversation": conversation, "client_id": "k1", "kind": "text", "text": "x"},
                  {"type": "status", "status": "online"}, {"type": "recall", "conversation": conversation, "seq": 1}):
        reader.send(**frame)
        equal(reader.wait("error")["code"], "auth.scope")
    admin = client.Ws(w.port, "/api/ws", {"Authorization": "Bearer " + key(keys["admin"])})
    admin.send(type="hello")
    equal(admin.wait("error")["code"], "auth.scope")
    owner.delete("/api/apikeys/" + keys["read"]["id"])  # taken back: its socket ends
    equal(reader.closed(), 4401)


@story
def uploads_need_a_proof_first(w):
    s = socket.create_connection(("127.0.0.1", w.port), timeout=5)
    s.sendall(b"POST /api/widget/uploads HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 10000000\r\n\r\n")
    answer = s.recv(4096)  # before a byte of it was sent
    expect(answer.startswith(b"HTTP/1.1 401"), answer)
    equal(json.loads(answer.split(b"\r\n\r\n", 1)[1])["error"]["code"], "auth.needed")
    s.close()


@story
def measures_are_not_for_the_world(w):
    h = client.Http(w.port)
    equal(h.raw("GET", "/metrics")[0], 200)
    e = refused(lambda: h.get("/metrics", headers={"X-Forwarded-For": "198.51.100.7"}), 403, "metrics.closed")
    expect("zhixin_" not in json.dumps(e.body))


@story
def a_restart_goes_unnoticed(w):
    a, v = w.online(), w.visitor()
    first = v.say("重启之前")
    a.ws.message("重启之前")
    stand = a.say(first["conversation"], "在的")["seq"]
    v.ws.message("在的")
    idle = client.Ws(w.port, "/api/widget/ws")  # has not said hello
    began = time.monotonic()
    w.server.process.terminate()
    for s in (v.ws, a.ws, idle):
        expect(s.closed() in (1001, 1012))
        s.close()
    equal(w.server.process.wait(15), 0)
    expect(time.monotonic() - began < 6, "stopping took %.1f s" % (time.monotonic() - began))
    w.server.start()
    v.open(after=stand)
    equal((v.welcome["conversation"], v.welcome["last_seq"]), (first["conversation"], stand))
    v.ws.wait("meta")
    equal(seqs(v.ws.all), [])
    again = v.say("重启之前", client_id="c1")  # its answer might have been lost: the same again
    equal((again["type"], again["seq"]), ("ack", first["seq"]))
    second = v.say("重启之后")
    equal(second["seq"], stand + 1)
    a.open(after={first["conversation"]: stand})  # the log-in outlives the restart
    equal(a.ws.message("重启之后")["message"]["seq"], second["seq"])
    a.say(first["conversation"], "继续吧")
    v.ws.message("继续吧")


sys.exit(main())

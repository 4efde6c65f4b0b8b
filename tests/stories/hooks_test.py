#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Webhooks: signed, repeated, bounded, never in the way of a talk."""
import hashlib
import hmac
import http.server
import json
import sys
import threading
import time

import client
from story import equal, expect, main, refused, story


class Receiver:
    """Somebody else's system. `answers`: what to say to each delivery, the last one to all that follow."""

    def __init__(self, *answers):
        outer = self
        self.got, self.answers, self.lock = [], list(answers or [(200, b"ok")]), threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with outer.lock:
                    outer.got.append((self.path, dict(self.headers), body, time.time()))
                    answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                if callable(answer):
                    answer = answer()
                status, data = answer[0], answer[1]
                try:
                    self.send_response(status)
                    for k, v in (answer[2] if len(answer) > 2 else {}).items():
                        self.send_header(k, v)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except OSError:  # the sender has heard enough
                    pass

            do_GET = do_POST

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return "http://127.0.0.1:%d/hook?a=b" % self.server.server_address[1]

    def wait(self, n, seconds=8):
        until = time.monotonic() + seconds
        while len(self.got) < n:
            if time.monotonic() > until:
                raise AssertionError("%d of %d deliveries came" % (len(self.got), n))
            time.sleep(0.02)
        return [json.loads(b) for _, _, b, _ in self.got]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def settled(owner, hook, status, n=1, seconds=14):
    """The log, when its newest n lines have this status."""
    until = time.monotonic() + seconds
    while True:
        items = owner.get("/api/webhooks/%s/deliveries" % hook)["items"]
        if len(items) >= n and all(d["status"] == status and d["finished_at"] for d in items[:n]):
            return items
        if time.monotonic() > until:
            raise AssertionError("not %s: %s" % (status, items))
        time.sleep(0.05)


@story
def what_happens_is_told_and_signed(w):
    owner, r = w.http("laoban"), Receiver()
    hook = owner.post("/api/webhooks", {"url": r.url, "events": ["message.created", "conversation.closed"], "texts": True})
    quiet = Receiver()
    plain = owner.post("/api/webhooks", {"url": quiet.url, "events": ["conversation.created", "message.created"]})
    expect(hook["secret"].startswith("whs_"), hook)
    expect(all("secret" not in h for h in owner.get("/api/webhooks")["items"]))
    a, v = w.online(), w.visitor()
    c = v.say("在吗，快递到哪了")["conversation"]
    body = r.wait(1)[0]
    equal((body["event"], body["message"]["text"], body["message"]["conversation"]), ("message.created", "在吗，快递到哪了", c))
    equal(body["conversation"]["customer"]["id"], v.id)
    path, headers, raw, at = r.got[0]
    equal(path, "/hook?a=b")
    equal(headers["X-Zhixin-Delivery"], body["id"])
    equal(headers["X-Zhixin-Event"], "message.created")
    t, v1 = (x.split("=", 1)[1] for x in headers["X-Zhixin-Signature"].split(","))
    expect(abs(int(t) - at) < 5, t)
    equal(v1, hmac.new(hook["secret"].encode(), t.encode() + b"." + raw, hashlib.sha256).hexdigest())
    # who did not ask for words gets none
    told = {x["event"]: x for x in quiet.wait(2)}
    equal(sorted(told), ["conversation.created", "message.created"])
    equal([x for _, _, b, _ in quiet.got for x in ["快递"] if x in b.decode()], [])
    a.ws.message("在吗，快递到哪了")
    a.http.post("/api/conversations/%s/close" % c, {"reason": "resolved"})
    last = r.wait(2)[-1]
    equal((last["event"], last["conversation"]["status"]), ("conversation.closed", "closed"))
    line = settled(owner, hook["id"], "delivered", 2)[0]
    equal((line["event"], line["code"], line["attempts"], line["answer"]), ("conversation.closed", 200, 1, "ok"))
    # a new secret holds at once; a paused one is silent
    new = owner.patch("/api/webhooks/" + hook["id"], {"new_secret": True})["secret"]
    expect(new != hook["secret"])
    owner.patch("/api/webhooks/" + plain["id"], {"active": False})
    n = len(quiet.got)
    v.say("再问一句")
    r.wait(3)
    t, v1 = (x.split("=", 1)[1] for x in r.got[2][1]["X-Zhixin-Signature"].split(","))
    equal(v1, hmac.new(new.encode(), t.encode() + b"." + r.got[2][2], hashlib.sha256).hexdigest())
    equal(len(quiet.got), n)
    for h in (hook, plain):
        owner.delete("/api/webhooks/" + h["id"])
    equal(owner.get("/api/webhooks")["items"], [])
    refused(lambda: owner.get("/api/webhooks/%s/deliveries" % hook["id"]), 404, "webhook.unknown")
    kinds = [x["action"] for x in owner.get("/api/audit")["items"]]
    equal([kinds.count("webhook." + k) for k in ("created", "changed", "removed")], [2, 2, 2])
    r.close()
    quiet.close()


@story
def what_fails_is_repeated(w):
    owner = w.http("laoban")
    r = Receiver((500, b"no"), (200, b"yes"))
    hook = owner.post("/api/webhooks", {"url": r.url, "events": ["message.created"]})
    v = w.visitor()
    v.say("第一")
    r.wait(1)
    time.sleep(0.2)
    line = owner.get("/api/webhooks/%s/deliveries" % hook["id"])["items"][0]
    equal((line["status"], line["code"], line["attempts"], line["answer"]), ("pending", 500, 1, "no"))
    expect(5000 < line["next_at"] - line["finished_at"] <= 10000, line)
    r.wait(2, seconds=14)  # by itself, after ten seconds
    equal(r.got[0][1]["X-Zhixin-Delivery"], r.got[1][1]["X-Zhixin-Delivery"])
    equal(r.got[0][2], r.got[1][2])
    equal(settled(owner, hook["id"], "delivered")[0]["attempts"], 2)
    owner.delete("/api/webhooks/" + hook["id"])
    r.close()


@story
def redirects_big_answers_and_silence(w):
    owner = w.http("laoban")
    bait = Receiver()
    moved = Receiver((302, b"", {"Location": bait.url}), (200, b"x" * 500000), (200, b"\xff\x00bad\x1b"))
    hook = owner.post("/api/webhooks", {"url": moved.url, "events": ["message.created"]})
    dead = owner.post("/api/webhooks", {"url": "http://127.0.0.1:1/", "events": ["message.created"]})
    v = w.visitor()
    v.say("一")
    moved.wait(1)
    time.sleep(0.3)
    line = owner.get("/api/webhooks/%s/deliveries" % hook["id"])["items"][0]
    equal((line["status"], line["code"]), ("pending", 302))
    expect("redirect" in line["error"], line)
    equal(bait.got, [])
    line = owner.get("/api/webhooks/%s/deliveries" % dead["id"])["items"][0]
    equal((line["status"], line["code"], line["attempts"]), ("pending", None, 1))
    expect(line["error"], line)
    v.say("二")
    moved.wait(2)
    items = settled(owner, hook["id"], "delivered")  # by its status: the rest is not read
    equal(len(items[0]["answer"]), 1024)
    owner.post("/api/deliveries/%s/retry" % items[1]["id"])
    again = settled(owner, hook["id"], "delivered", 2)[1]
    equal((again["attempts"], again["answer"]), (1, "??bad?"))
    for h in (hook, dead):
        owner.delete("/api/webhooks/" + h["id"])
    moved.close()
    bait.close()


@story
def a_slow_receiver_is_in_nobodys_way(w):
    owner = w.http("laoban")
    gate = threading.Event()
    slow = Receiver(lambda: (200, b"late") if gate.wait(30) else (200, b"never"))
    quick = Receiver()
    hooks = [owner.post("/api/webhooks", {"url": x.url, "events": ["message.created"]}) for x in (slow, quick)]
    a, v = w.online(), w.visitor()
    for i in range(12):
        began = time.monotonic()
        equal(v.say("第 %d 句" % i)["type"], "ack")
        a.ws.message("第 %d 句" % i)
        expect(time.monotonic() - began < 2)
    quick.wait(12)
    expect(len(slow.got) <= 4, len(slow.got))  # of sixteen places
    waits = time.monotonic()
    items = owner.get("/api/webhooks/%s/deliveries" % hooks[0]["id"])["items"]
    equal({d["status"] for d in items}, {"pending"})
    until = time.monotonic() + 15
    while not any(d["error"] for d in items):  # ten seconds are enough
        expect(time.monotonic() < until, "no time-out")
        time.sleep(0.2)
        items = owner.get("/api/webhooks/%s/deliveries" % hooks[0]["id"])["items"]
    expect(time.monotonic() - waits > 5)
    line = next(d for d in items if d["error"])
    equal((line["status"], line["code"]), ("pending", None))
    expect(9000 <= line["duration_ms"] < 13000, line)
    gate.set()
    for h in hooks:
        owner.delete("/api/webhooks/" + h["id"])
    slow.close()
    quick.close()


@story
def who_may_and_what_is_refused(w):
    owner = w.http("laoban")
    refused(lambda: w.http("zhuguan").get("/api/webhooks"), 403, "auth.role")
    refused(lambda: owner.post("/api/webhooks", {"events": ["*"]}), 400, "request.field_missing")
    refused(lambda: owner.post("/api/webhooks", {"url": "ftp://example.com/", "events": ["*"]}), 400, "webhook.url")
    refused(lambda: owner.post("/api/webhooks", {"url": "https://example.com/", "events": ["x.y"]}), 400, "webhook.event")
    refused(lambda: owner.post("/api/webhooks", {"url": "https://example.com/", "events": []}), 400, "request.field_missing")
    refused(lambda: owner.patch("/api/webhooks/1", {"active": True}), 404, "webhook.unknown")
    refused(lambda: owner.post("/api/deliveries/1/retry"), 404, "delivery.unknown")
    made = [owner.post("/api/webhooks", {"url": "https://example.com/%d" % i, "events": ["sla.late"], "active": False})
            for i in range(20)]
    refused(lambda: owner.post("/api/webhooks", {"url": "https://example.com/", "events": ["*"]}), 429, "webhook.many")
    for h in made:
        owner.delete("/api/webhooks/" + h["id"])


sys.exit(main())

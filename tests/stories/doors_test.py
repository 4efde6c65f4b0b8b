#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What strangers send: malformed, too long, forged, without proof, from another shop. Each a clear error, nothing half done."""
import json
import sys
import time

import client
from story import equal, expect, main, refused, story


@story
def bad_json_and_unknown_paths(w):
    h = client.Http(w.port)
    status, body = h.raw("POST", "/api/login", b"{\"user\":")
    equal((status, json.loads(body)["error"]["code"]), (400, "json.invalid"))
    status, body = h.raw("POST", "/api/login", b"{\"user\":\"\xff\xfe\"}")
    equal((status, json.loads(body)["error"]["code"]), (400, "json.utf8"))
    status, body = h.raw("POST", "/api/login", b"[]")
    equal((status, json.loads(body)["error"]["code"]), (400, "json.object"))
    status, _ = h.raw("POST", "/api/login", b"[" * 5000)
    expect(status in (400, 413), status)
    status, _ = h.raw("POST", "/api/login", b"x" * (1 << 20))
    equal(status, 413)
    refused(lambda: h.get("/api/nothing"), 404, "request.unknown_path")
    refused(lambda: h.delete("/api/login"), 405, "request.method")
    e = refused(lambda: h.post("/api/login", {"user": "xiaoyu"}), 400, "request.field_missing")
    equal(e.error["field"], "password")
    equal(h.raw("GET", "/nowhere/at/all")[0], 200)  # the workbench's own page


@story
def nobody_enters_without_proof(w):
    h = client.Http(w.port)
    for path in ("/api/me", "/api/conversations?view=all", "/api/users", "/api/audit"):
        refused(lambda p=path: h.get(p), 401, "auth.needed")
    refused(lambda: h.login("xiaoyu", "wrong-password"), 401, "login.wrong")
    refused(lambda: h.login("nobody-here", "wrong-password"), 401, "login.wrong")
    a = w.http("xiaoyu")
    refused(lambda: a.post("/api/users", {"name": "x", "login": "x1", "role": "agent"}), 403, "auth.role")
    csrf, a.csrf = a.csrf, None
    refused(lambda: a.post("/api/me/status", {"status": "busy"}), 403, "auth.csrf")
    a.csrf = "0" * len(csrf)
    refused(lambda: a.post("/api/me/status", {"status": "busy"}), 403, "auth.csrf")
    a.csrf = csrf
    a.post("/api/logout")
    refused(lambda: a.get("/api/me"), 401, "auth.needed")


@story
def a_logged_out_session_loses_its_socket(w):
    a = w.agent("xiaolin")
    a.status("offline")
    a.http.post("/api/logout")
    equal(a.ws.closed(), 4401)


@story
def sockets_want_hello_and_sense(w):
    s = client.Ws(w.port, "/api/widget/ws")
    s.send(type="send", client_id="x", kind="text", text="hi")
    equal(s.closed(), 4401)
    s = client.Ws(w.port, "/api/widget/ws")
    s.send(type="hello", token="forged")
    equal(s.wait("error")["code"], "visitor.token")
    equal(s.closed(), 4401)
    v = w.visitor()
    v.ws.send_raw(1, b"{not json")
    equal(v.ws.closed(), 4400)
    v.open()
    v.ws.send(type="dance")
    equal(v.ws.wait("error")["code"], "frame.unknown_type")
    equal(v.say("")["code"], "message.empty")
    equal(v.say("字" * 2001)["code"], "message.too_long")
    equal(v.say("x", kind="note")["code"], "message.kind")
    v.ws.send(type="send", kind="text", text="no id")
    equal(v.ws.wait("error")["code"], "message.client_id")
    v.ws.send(type="read", seq=-1)
    equal(v.ws.wait("error")["code"], "request.field_missing")
    v.ws.send_raw(1, json.dumps({"type": "send", "client_id": "big", "text": "字" * 20000}).encode())
    expect(v.ws.closed() in (1009, 4413))
    refused(lambda: client.Ws(w.port, "/api/ws"), 401, "auth.needed")
    a = w.http("xiaoyu")
    refused(lambda: client.Ws(w.port, "/api/ws", {"Cookie": "zx_session=" + a.cookie, "Origin": "https://evil.example"}), 403,
            "auth.origin")


@story
def a_flood_is_slowed_and_nothing_is_lost(w):
    a, v = w.online(), w.visitor()
    acked, limited = 0, 0
    for i in range(60):
        r = v.say("第 %d 条" % i, client_id="flood%d" % i)
        if r["type"] == "ack":
            acked += 1
        else:
            equal(r["code"], "message.too_many")
            expect(r["retry_after_ms"] > 0)
            limited += 1
            break
    expect(limited and acked >= 30, (acked, limited))
    time.sleep(r["retry_after_ms"] / 1000 + 0.05)
    equal(v.say("第 %d 条" % i, client_id="flood%d" % i)["type"], "ack")
    for n in range(acked + 1):
        a.ws.message("第 %d 条" % n)


@story
def identity_is_signed_or_refused(w):
    owner = w.http("laoban")
    channel = next(c for c in owner.get("/api/channels")["items"] if c["key"] == "demo")
    expect(channel["secret"])
    agent_view = next(c for c in w.http("xiaoyu").get("/api/channels")["items"] if c["key"] == "demo")
    expect(not agent_view.get("secret"))
    good = client.identity_hash(channel["secret"], "u-1001")
    v = client.Visitor(w.port, identity={"user_id": "u-1001", "name": "王女士", "hash": good})
    again = client.Visitor(w.port, identity={"user_id": "u-1001", "hash": good})
    equal(v.id, again.id)
    refused(lambda: client.Visitor(w.port, identity={"user_id": "u-1002", "hash": good}), 401, "identity.forged")
    refused(lambda: client.Visitor(w.port, identity={"jwt": "a.b.c"}), 401, "identity.forged")
    refused(lambda: client.Visitor(w.port, "no-such-channel"), 404, "channel.unknown")
    stranger = client.Visitor(w.port, token="garbage")
    expect(stranger.id != v.id)


@story
def unknown_ids_and_odd_numbers(w):
    a = w.http("xiaoyu")
    for path in ("/api/conversations/1", "/api/conversations/1/messages", "/api/customers/9223372036854775807",
                 "/api/conversations/9223372036854775807/sla"):
        try:
            a.get(path)
            raise AssertionError(path)
        except client.Refused as e:
            equal(e.status, 404)
    for path in ("/api/conversations/0", "/api/conversations/-1", "/api/conversations/99999999999999999999", "/api/conversations/abc"):
        refused(lambda p=path: a.get(p), 404, "request.unknown_path")
    refused(lambda: a.get("/api/conversations?view=all&limit=100000"), 400, "request.query_value")
    refused(lambda: a.get("/api/conversations?view=everything"), 400, "request.view")
    refused(lambda: a.get("/api/conversations?view=all&cursor=x"), 400, "request.cursor")


@story
def pages_carry_a_strict_policy(w):
    h = client.Http(w.port)
    for path in ("/", "/login", "/demo", "/widget/panel?channel=demo"):
        status, body = h.raw("GET", path)
        equal(status, 200)
        policy = h.headers["content-security-policy"]
        expect("script-src 'self'" in policy and "unsafe" not in policy, policy)
        expect(b"<script>" not in body, path)
    equal(h.headers["x-content-type-options"], "nosniff")
    status, _ = h.raw("GET", "/widget/loader.js")
    equal(status, 200)
    etag = h.headers["etag"]
    equal(h.raw("GET", "/widget/loader.js", headers={"If-None-Match": etag})[0], 304)
    equal(h.raw("GET", "/healthz")[0], 200)
    expect(b"zhixin_messages_total" in h.raw("GET", "/metrics")[1])


sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may enter: the first start of a real shop, people, second factor, links, keys, and two shops that must not meet."""
import base64
import hashlib
import hmac
import struct
import subprocess
import sys
import time

import client
from story import equal, expect, main, refused, story

PASSWORD = "tea-and-mooncakes-7"


def totp(secret, at=None):
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(at or time.time()) // 30), hashlib.sha1).digest()
    o = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[o:o + 4])[0] & 0x7FFFFFFF) % 1000000)


@story
def the_first_start_makes_owner_shop_and_channel(w):
    h = client.Http(w.port)
    equal(h.get("/api/setup")["needed"], True)
    body = {"owner": {"email": "lin@example.com", "name": "林老板", "password": "short"},
            "shop": {"name": "林记茶铺", "timezone": "Asia/Shanghai"}, "channel": {"name": "官网", "site": "https://shop.example"}}
    equal(refused(lambda: h.post("/api/setup", body), 400, "password.short").error["field"], "password")
    body["owner"]["password"] = PASSWORD
    a = h.post("/api/setup", body)
    expect(a["channel"]["key"] in a["snippet"] and "/widget/loader.js" in a["snippet"], a["snippet"])
    h.csrf = a["csrf"]
    equal(h.get("/api/me")["user"]["role"], "owner")
    refused(lambda: client.Http(w.port).post("/api/setup", body), 409, "setup.done")
    equal(client.Http(w.port).get("/api/setup")["needed"], False)
    # the channel works at once
    v = w.visitor(a["channel"]["key"])
    equal(v.say("开店了吗")["type"], "ack")
    refused(lambda: client.Visitor(w.port, "demo"), 404, "channel.unknown")


def owner(w):
    h = client.Http(w.port)
    h.login("lin@example.com", PASSWORD)
    return h


@story
def an_invitation_is_used_once(w):
    boss = owner(w)
    url = boss.post("/api/invitations", {"email": "amy@example.com", "role": "agent", "name": "阿米"})["url"]
    token = url.rsplit("/", 1)[1]
    h = client.Http(w.port)
    a = h.post("/api/invitations/accept", {"token": token, "name": "阿米", "password": PASSWORD + "x"})
    h.csrf = a.get("csrf")
    h2 = client.Http(w.port)
    h2.login("amy@example.com", PASSWORD + "x")
    equal(h2.get("/api/me")["user"]["role"], "agent")
    try:
        client.Http(w.port).post("/api/invitations/accept", {"token": token, "name": "x", "password": PASSWORD + "y"})
        raise AssertionError("used twice")
    except client.Refused as e:
        expect(e.status in (404, 409), e)


@story
def a_second_factor_is_asked_for_and_a_code_works_once(w):
    h = client.Http(w.port)
    h.login("amy@example.com", PASSWORD + "x")
    secret = h.post("/api/me/totp/begin")["secret"]
    refused(lambda: h.post("/api/me/totp/confirm", {"code": "000000"}), 400, "totp.code")
    recovery = h.post("/api/me/totp/confirm", {"code": totp(secret, time.time() - 30)})["recovery"]
    n = client.Http(w.port)
    refused(lambda: n.login("amy@example.com", PASSWORD + "x"), 401, "login.code_needed")
    code = totp(secret)
    n.login("amy@example.com", PASSWORD + "x", code=code)
    refused(lambda: client.Http(w.port).login("amy@example.com", PASSWORD + "x", code=code), 401, "login.code_wrong")
    client.Http(w.port).login("amy@example.com", PASSWORD + "x", code=recovery[0])
    refused(lambda: client.Http(w.port).login("amy@example.com", PASSWORD + "x", code=recovery[0]), 401, "login.code_wrong")
    amy = next(u for u in owner(w).get("/api/users")["items"] if u["email"] == "amy@example.com")
    owner(w).post("/api/users/%s/totp-reset" % amy["id"])
    client.Http(w.port).login("amy@example.com", PASSWORD + "x")


@story
def a_new_password_ends_other_sessions(w):
    boss = owner(w)
    amy = next(u for u in boss.get("/api/users")["items"] if u["email"] == "amy@example.com")
    old = client.Http(w.port)
    old.login("amy@example.com", PASSWORD + "x")
    old.get("/api/me")  # the desk remembers a log-in for a moment: it must not outlive its end
    token = boss.post("/api/users/%s/reset" % amy["id"])["url"].rsplit("/", 1)[1]
    client.Http(w.port).post("/api/password-reset", {"token": token, "password": PASSWORD + "z"})
    refused(lambda: old.get("/api/me"), 401, "auth.needed")
    client.Http(w.port).login("amy@example.com", PASSWORD + "z")


@story
def what_changes_a_log_in_holds_at_once(w):
    boss = owner(w)
    amy = next(u for u in boss.get("/api/users")["items"] if u["email"] == "amy@example.com")
    h = client.Http(w.port)
    h.login("amy@example.com", PASSWORD + "z")
    refused(lambda: h.get("/api/overview"), 403, "auth.role")
    boss.patch("/api/users/%s" % amy["id"], {"role": "supervisor"})
    h.get("/api/overview")
    boss.patch("/api/users/%s" % amy["id"], {"role": "agent"})  # who may do less logs in again
    refused(lambda: h.get("/api/overview"), 401, "auth.needed")
    h.login("amy@example.com", PASSWORD + "z")
    h.get("/api/me")
    h.post("/api/logout")
    refused(lambda: h.get("/api/me"), 401, "auth.needed")


@story
def guessing_is_slowed_down(w):
    for i in range(40):
        try:
            client.Http(w.port).login("amy@example.com", "guess-%d" % i)
        except client.Refused as e:
            if e.status == 429:
                expect(e.error.get("retry_after_ms", 0) > 0 or True)
                return
            equal(e.code, "login.wrong")
    raise AssertionError("40 guesses and never slowed")


@story
def an_api_key_does_what_its_scopes_say(w):
    boss = owner(w)
    key = boss.post("/api/apikeys", {"name": "读", "scopes": ["read"]})
    k = client.Http(w.port, bearer=key["key"])
    k.get("/api/conversations?view=all")
    refused(lambda: k.post("/api/me/status", {"status": "busy"}), 403, "auth.scope")
    boss.delete("/api/apikeys/%s" % key["id"])
    refused(lambda: k.get("/api/conversations?view=all"), 401, "auth.needed")


@story
def privileged_acts_are_in_the_audit_log(w):
    kinds = [i["action"] for i in owner(w).get("/api/audit")["items"]]
    for kind in ("setup.done", "invitation.created", "apikey.created"):
        expect(kind in kinds, (kind, kinds))


@story
def two_shops_do_not_meet(w):
    args = ["user", "add", "--new-shop", "隔壁小店", "--login", "neighbour", "--name", "邻居"]
    if w.database == "sqlite":
        w.server.stop()
    r = subprocess.run([w.server.binary] + args + w.server.options(), input=PASSWORD + "\n", capture_output=True, text=True, timeout=30)
    equal((r.returncode, r.stderr), (0, r.stderr))
    if w.database == "sqlite":
        w.server.start()
    mine, theirs = owner(w), client.Http(w.port)
    theirs.login("neighbour", PASSWORD)
    key = mine.get("/api/channels")["items"][0]["key"]
    v = w.visitor(key)
    c = v.say("我是林记的客人")["conversation"]
    user = mine.get("/api/me")["user"]["id"]
    channel = mine.get("/api/channels")["items"][0]["id"]
    for method, path, body in [
            ("GET", "/api/conversations/%s" % c, None), ("GET", "/api/conversations/%s/messages" % c, None),
            ("GET", "/api/conversations/%s/sla" % c, None), ("GET", "/api/suggestions?conversation=%s" % c, None),
            ("POST", "/api/conversations/%s/take" % c, {}), ("POST", "/api/conversations/%s/takeover" % c, {}),
            ("POST", "/api/conversations/%s/close" % c, {"reason": "resolved"}),
            ("POST", "/api/conversations/%s/tags" % c, {"add": ["x"], "remove": []}),
            ("POST", "/api/conversations/%s/messages" % c, {"client_id": "x", "kind": "note", "text": "hi"}),
            ("GET", "/api/customers/%s" % v.id, None), ("PATCH", "/api/customers/%s" % v.id, {"note": "x"}),
            ("POST", "/api/customers/%s/block" % v.id, {"reason": "x"}),
            ("PATCH", "/api/users/%s" % user, {"nickname": "x"}), ("POST", "/api/users/%s/reset" % user, {}),
            ("PATCH", "/api/channels/%s" % channel, {"name": "x"})]:
        try:
            answer = theirs.call(method, path, body)
            raise AssertionError("%s %s crossed over: %r" % (method, path, answer))
        except client.Refused as e:
            expect(e.status == 404, (method, path, e.status, e.body))
    equal(theirs.get("/api/conversations?view=all")["items"], [])
    expect(user not in [u["id"] for u in theirs.get("/api/users")["items"]])
    s = client.Ws(w.port, "/api/ws", {"Cookie": "zx_session=" + theirs.cookie})
    s.send(type="hello")
    s.wait("welcome")
    s.send(type="watch", conversation=c, after=0)
    equal(s.wait("error")["code"], "conversation.unknown")
    v.say("还是林记的客人")
    s.quiet("message")
    s.quiet("queue", 0.5)


sys.exit(main(demo=False))

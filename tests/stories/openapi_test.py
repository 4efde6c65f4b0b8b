#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The server's answers are what /api/openapi.json says, to the member."""
import json
import re
import sys
import time

import client
from story import equal, expect, main, refused, story


class Doc:
    def __init__(self, doc):
        self.doc, self.schemas = doc, doc["components"]["schemas"]
        self.seen = set()

    def fault(self, schema, value, where):
        """What is wrong with a value, or None. A member that the schema does not name is a fault."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return self.fault(self.schemas[name], value, where)
        if "anyOf" in schema:
            faults = [self.fault(s, value, where) for s in schema["anyOf"]]
            return None if None in faults else faults[0]
        if "enum" in schema:
            return None if value in schema["enum"] else "%s: %r is none of %s" % (where, value, schema["enum"])
        kind = schema.get("type")
        fits = {"string": isinstance(value, str), "boolean": isinstance(value, bool), "null": value is None,
                "integer": isinstance(value, int) and not isinstance(value, bool), "array": isinstance(value, list),
                "number": isinstance(value, (int, float)) and not isinstance(value, bool), "object": isinstance(value, dict), None: True}[kind]
        if not fits:
            return "%s: %r is no %s" % (where, value, kind)
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return "%s: %r does not match %s" % (where, value, schema["pattern"])
        if kind == "array":
            return next(filter(None, (self.fault(schema["items"], v, "%s[%d]" % (where, i)) for i, v in enumerate(value))), None)
        if kind == "object":
            props = schema["properties"]
            for k in schema.get("required", []):
                if k not in value:
                    return "%s lacks %s" % (where, k)
            for k, v in value.items():
                if k not in props:
                    return "%s has %s, which is not described" % (where, k)
                f = self.fault(props[k], v, where + "." + k)
                if f:
                    return f
        return None

    def call(self, http, method, route, path=None, body=None):
        """Calls, and compares answer and body with what is written about the route."""
        op = self.doc["paths"][route][method.lower()]
        self.seen.add((method, route))
        if body is not None:
            f = self.fault(op["requestBody"]["content"]["application/json"]["schema"], body, "the body of " + route)
            expect(not f, f)
        query = (path or route).partition("?")[2]
        names = [p["name"] for p in op["parameters"] if p["in"] == "query"]
        for pair in query.split("&") if query else []:
            expect(pair.split("=")[0] in names, "%s: the query %s is not described" % (route, pair))
        answer = http.call(method, path or route, body if body is not None else ({} if method not in ("GET", "DELETE") else None))
        media = op["responses"]["2XX"]["content"]["application/json"]
        f = self.fault(media["schema"], answer, method + " " + route) if "schema" in media else None
        expect(not f, f)
        return answer


PNG = (b"\x89PNG\r\n\x1a\n" b"\0\0\0\x0dIHDR\0\0\0\x18\0\0\0\x10\x08\2\0\0\0\1\2\3\4" b"\0\0\0\2IDATpxCRCC" b"\0\0\0\0IENDCRCC")


@story
def answers_are_as_described(w):
    d = Doc(client.Http(w.port).get("/api/openapi.json"))
    equal(d.doc["openapi"], "3.1.0")
    owner, agent = w.http("laoban"), w.online()
    h = agent.http

    # a visitor comes, writes, sends a picture, rates
    nobody = client.Http(w.port)
    d.call(nobody, "GET", "/api/setup")
    d.call(nobody, "POST", "/api/widget/session", body={"channel": "demo", "page": {"url": "https://shop.example/", "title": "店"}})
    v = w.visitor(page={"url": "https://shop.example/a", "title": "商品"})
    c = v.say("我很生气，快递三天没动了")["conversation"]
    status, raw = v.http.raw("POST", "/api/widget/uploads", PNG, {"X-File-Name": "a.png"}, content_type="image/png")
    equal(status, 201)
    equal(v.say("", client_id="pic", kind="image", file=json.loads(raw)["file"]["id"])["type"], "ack")
    d.call(v.http, "GET", "/api/widget/messages", "/api/widget/messages?limit=10")
    d.call(client.Visitor(w.port).http, "POST", "/api/widget/offline", body={"name": "李", "contact": "123", "text": "回电"})

    # the agent works on it
    conv = "/api/conversations/{id}"
    at = conv.replace("{id}", c)
    d.call(h, "POST", conv + "/messages", at + "/messages", {"client_id": "x1", "kind": "text", "text": "您好，我马上查"})
    d.call(h, "POST", conv + "/messages", at + "/messages", {"client_id": "x2", "kind": "note", "text": "催快递"})
    d.call(h, "POST", conv + "/messages", at + "/messages",
           {"client_id": "x3", "kind": "card", "card": {"title": "运费险", "url": "https://shop.example/c", "price": "5"}})
    e = refused(lambda: h.post(at + "/messages", {"client_id": "x4", "text": "这是全网最好的，第一名"}), 409, "guard.hit")
    expect(e.body["hits"], e.body)
    f = next(filter(None, (d.fault(d.schemas["GuardHit"], x, "hit") for x in e.body["hits"])), None)
    expect(not f, f)
    d.call(h, "GET", conv, at)
    d.call(h, "GET", conv + "/messages", at + "/messages?limit=5&before=100")
    d.call(owner, "GET", conv + "/messages", at + "/messages")
    d.call(h, "GET", conv + "/sla", at + "/sla")
    d.call(h, "POST", conv + "/tags", at + "/tags", {"add": ["快递"], "remove": []})
    d.call(h, "POST", conv + "/stage", at + "/stage", {"stage": "in"})
    d.call(h, "POST", conv + "/transfer", at + "/transfer", {"to": None, "note": "请接手"})
    d.call(owner, "POST", conv + "/takeover", at + "/takeover")
    d.call(owner, "POST", conv + "/close", at + "/close", {"reason": "resolved", "note": "好"})
    v.ws.send(type="rate", score=4, tags=["快"], note="不错")
    v.ws.wait("ack")
    d.call(h, "GET", "/api/conversations", "/api/conversations?view=closed&limit=5")
    d.call(owner, "POST", conv + "/reopen", at + "/reopen")
    d.call(owner, "POST", conv + "/snooze", at + "/snooze", {"until": h.get("/api/me")["now"] + 3600000})
    for view in ("mine", "queue", "all"):
        d.call(h, "GET", "/api/conversations", "/api/conversations?view=" + view)
    d.call(h, "GET", "/api/suggestions", "/api/suggestions?conversation=" + c)
    d.call(h, "GET", "/api/search", "/api/search?q=%E5%BF%AB%E9%80%92&limit=5")

    # the customer
    who = "/api/customers/{id}"
    d.call(h, "GET", who, "/api/customers/" + v.id)
    d.call(h, "PATCH", who, "/api/customers/" + v.id, {"name": "王女士", "note": "急", "vip": "金"})
    d.call(h, "POST", who + "/block", "/api/customers/%s/block" % v.id, {"reason": "骂人"})
    d.call(h, "POST", who + "/unblock", "/api/customers/%s/unblock" % v.id)
    d.call(owner, "GET", who + "/export", "/api/customers/%s/export" % v.id)
    d.call(owner, "POST", who + "/erase", "/api/customers/%s/erase" % v.id)

    # the desk and the shop
    d.call(h, "GET", "/api/agents")
    d.call(h, "POST", "/api/me/status", body={"status": "busy", "reason": "会议"})
    d.call(h, "POST", "/api/guard/check", body={"text": "最好的"})
    said = d.call(h, "POST", "/api/guard/check", body={"text": "这就帮您登记，明天上午十点前给您回电"})["promises"]
    expect(len(said) == 2 and said[1]["due"] == "明天上午十点前" and said[1]["strength"] == "firm" and said[1]["to"] > 0)
    soon = d.call(h, "POST", "/api/guard/check", body={"text": "尽快给您安排"})["promises"]
    expect(len(soon) == 1 and soon[0]["strength"] == "vague" and soon[0]["to"] is None)
    d.call(owner, "POST", "/api/guard/effect", body={})
    rules = d.call(h, "GET", "/api/guard/rules")
    expect(len(rules["items"]) > 2)
    d.call(owner, "PUT", "/api/guard/rules",
           body={"items": [{"id": r["id"], "level": r["level"]} for r in rules["items"]], "version": rules["version"]})
    d.call(h, "GET", "/api/scripts", "/api/scripts?limit=200")
    d.call(h, "GET", "/api/scripts", "/api/scripts?q=%E5%BF%AB%E9%80%92")
    script = d.call(owner, "POST", "/api/scripts", body={"title": "测试话术", "text": "您好，测试", "intents": ["track"], "shortcut": "cs",
                                                                 "cues": ["快递+没", "!退货"], "absent": ["parcel.no"]})
    d.call(owner, "PATCH", "/api/scripts/{key}", "/api/scripts/" + script["id"], {"title": "测试二", "version": script["version"]})
    d.call(owner, "DELETE", "/api/scripts/{key}", "/api/scripts/" + script["id"])
    d.call(h, "GET", "/api/channels")
    made = d.call(owner, "POST", "/api/channels", body={"name": "二号店", "quick_questions": ["到哪了"]})["channel"]
    d.call(owner, "PATCH", "/api/channels/{id}", "/api/channels/" + made["id"], {"active": False, "sla": {"reply_ms": 30000}})
    hours = d.call(h, "GET", "/api/hours")
    d.call(owner, "PUT", "/api/hours", body={k: hours[k] for k in ("timezone", "week", "breaks", "holidays", "always", "version")})
    d.call(owner, "PUT", "/api/sla", body={k: x for k, x in d.call(h, "GET", "/api/sla").items()})
    d.call(owner, "GET", "/api/overview")
    d.call(owner, "PUT", "/api/retention", body=d.call(owner, "GET", "/api/retention"))

    # people, keys, webhooks
    login = client.Http(w.port)
    login.csrf = d.call(login, "POST", "/api/login", body={"user": "xiaolin", "password": "zhixin-demo"})["csrf"]
    d.call(login, "GET", "/api/me")
    d.call(login, "PATCH", "/api/me", body={"nickname": "小林"})
    d.call(login, "POST", "/api/me/totp/begin")
    d.call(login, "POST", "/api/logout")
    d.call(h, "GET", "/api/users")
    user = d.call(owner, "POST", "/api/users", body={"name": "新人", "login": "xinren", "role": "agent"})["user"]
    d.call(owner, "PATCH", "/api/users/{id}", "/api/users/" + user["id"], {"capacity": 3, "skills": ["退款"]})
    d.call(owner, "POST", "/api/users/{id}/reset", "/api/users/%s/reset" % user["id"])
    d.call(owner, "POST", "/api/invitations", body={"email": "a@example.com", "role": "agent"})
    for x in d.call(owner, "GET", "/api/invitations")["items"]:
        d.call(owner, "DELETE", "/api/invitations/{id}", "/api/invitations/" + x["id"])
    key = d.call(owner, "POST", "/api/apikeys", body={"name": "报表", "scopes": ["read", "admin"]})
    d.call(client.Http(w.port, key["key"]), "GET", "/api/me")
    d.call(owner, "GET", "/api/apikeys")
    d.call(owner, "DELETE", "/api/apikeys/{id}", "/api/apikeys/" + key["id"])
    d.call(owner, "GET", "/api/audit", "/api/audit?limit=200")
    hook = d.call(owner, "POST", "/api/webhooks", body={"url": "http://127.0.0.1:1/", "events": ["message.created"]})
    d.call(owner, "PATCH", "/api/webhooks/{id}", "/api/webhooks/" + hook["id"], {"texts": True, "new_secret": True})
    d.call(owner, "GET", "/api/webhooks")
    v2 = w.visitor()
    v2.say("你好")
    log = "/api/webhooks/%s/deliveries" % hook["id"]
    for _ in range(200):
        items = d.call(owner, "GET", "/api/webhooks/{id}/deliveries", log)["items"]
        if items:
            break
        time.sleep(0.05)
    d.call(owner, "POST", "/api/deliveries/{id}/retry", "/api/deliveries/%s/retry" % items[0]["id"])
    d.call(owner, "DELETE", "/api/webhooks/{id}", "/api/webhooks/" + hook["id"])

    every = {(m.upper(), p) for p, ops in d.doc["paths"].items() for m in ops}
    left = every - d.seen
    print("     compared %d of %d routes; not: %s" % (len(d.seen), len(every), ", ".join(sorted("%s %s" % x for x in left))))
    expect(len(d.seen) >= 60, len(d.seen))


sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One customer, one agent: the talk from the first word to the rating."""
import sys
import time

from story import World, equal, expect, main, refused, story  # noqa: F401


@story
def a_customer_asks_and_an_agent_answers(w):
    a = w.online()
    v = w.visitor(page={"url": "https://shop.example/p/1", "title": "灰色毛衣"})
    ack = v.say("这件什么时候能发货？")
    equal(ack["seq"], 1)
    row = a.ws.wait("conversation")["row"]
    equal((row["id"], row["status"], row["assignee"]["id"]), (ack["conversation"], "open", a.id))
    m = a.ws.message("这件什么时候能发货？")
    equal((m["message"]["role"], m["message"]["seq"], m["sla"]["kind"]), ("customer", 1, "greeting"))
    expect(m["message"]["understanding"]["intents"], "no intent")
    ack2 = a.say(ack["conversation"], "您好，今天下单的话明天发出。")
    equal((ack2["type"], ack2["seq"]), ("ack", 2))
    got = v.ws.message("您好，今天下单的话明天发出。")["message"]
    equal((got["role"], got["seq"], got["sender"]["name"]), ("agent", 2, "小雨"))
    expect("understanding" not in got and "client_id" not in got)
    rounds = a.rounds(ack["conversation"])
    equal([(r["kind"], r["late"]) for r in rounds], [("greeting", False)])
    expect(rounds[0]["stopped_at"] >= rounds[0]["started_at"])
    equal(a.row(ack["conversation"])["status"], "waiting")


@story
def the_same_message_sent_again_is_stored_once(w):
    a, v = w.online(), w.visitor()
    first = v.say("在吗", client_id="once")
    again = v.say("在吗", client_id="once")
    equal((first["seq"], first["conversation"]), (again["seq"], again["conversation"]))
    a.ws.message("在吗")
    r1 = a.say(first["conversation"], "在的，您请说。", client_id="once-too")
    r2 = a.say(first["conversation"], "在的，您请说。", client_id="once-too")
    equal(r1["seq"], r2["seq"])
    equal([m["text"] for m in a.messages(first["conversation"])], ["在吗", "在的，您请说。"])
    v.ws.message("在的，您请说。")
    v.ws.quiet("message")


@story
def a_reconnect_gets_what_was_missed_and_nothing_twice(w):
    a, v = w.online(), w.visitor()
    c = v.say("第一句")["conversation"]
    a.ws.message("第一句")
    v.close()
    for i in range(5):
        equal(a.say(c, "回答 %d" % i)["type"], "ack")
    v.open(after=1)
    equal([v.ws.wait("message")["message"]["text"] for _ in range(5)], ["回答 %d" % i for i in range(5)])
    v.ws.quiet("message")
    a.close()
    v.say("还有一个问题")
    a.open(after={c: 6})
    a.ws.message("还有一个问题")
    a.ws.quiet("message")


@story
def notes_stay_inside(w):
    a, v = w.online(), w.visitor()
    c = v.say("我要投诉")["conversation"]
    a.ws.message("我要投诉")
    equal(a.say(c, "这位客人上周也来过，先看旧单。", kind="note")["seq"], 2)
    equal(a.say(c, "您好，您的心情我理解，我先帮您查一下。")["seq"], 3)
    equal(v.ws.wait("message")["message"]["seq"], 3)
    items = v.http.get("/api/widget/messages")["items"]
    equal([m["seq"] for m in items], [1, 3])
    v.close()
    v.open(after=0)
    equal([v.ws.wait("message")["message"]["seq"] for _ in range(2)], [1, 3])
    v.ws.quiet("message")


@story
def both_sides_see_typing_and_reading(w):
    a, v = w.online(), w.visitor()
    c = v.say("你好")["conversation"]
    m = a.ws.message("你好")["message"]
    a.ws.send(type="watch", conversation=c, after=m["seq"])
    a.ws.wait("presence", conversation=c)
    v.ws.send(type="typing", on=True, text="我想问一下这个")
    p = a.ws.wait("presence", conversation=c)
    while not p["visitor"]["typing"]:
        p = a.ws.wait("presence", conversation=c)
    equal(p["visitor"]["preview"], "我想问一下这个")
    a.ws.send(type="typing", conversation=c, on=True, mode="note")
    v.ws.quiet("typing")
    a.ws.send(type="typing", conversation=c, on=True, mode="reply")
    equal(v.ws.wait("typing")["on"], True)
    a.ws.send(type="read", conversation=c, seq=1)
    equal(v.ws.wait("read")["seq"], 1)
    a.say(c, "您好，请说。")
    v.ws.message("您好，请说。")
    v.ws.send(type="read", seq=2)
    equal(a.ws.wait("read", conversation=c)["seq"], 2)


@story
def colleagues_see_each_other_type(w):
    a, b, v = w.online("xiaoyu"), w.agent("zhuguan"), w.visitor()
    c = v.say("你们谁来帮我看看")["conversation"]
    a.ws.message("你们谁来帮我看看")
    a.ws.send(type="watch", conversation=c, after=1)
    b.ws.send(type="watch", conversation=c, after=1)
    b.ws.wait("presence", conversation=c)
    a.ws.send(type="typing", conversation=c, on=True, mode="reply")
    until = time.monotonic() + 5
    while time.monotonic() < until:
        p = b.ws.wait("presence", conversation=c)
        if any(u["id"] == a.id and u["typing"] == "reply" for u in p["users"]):
            return
    raise AssertionError("the supervisor never saw the agent type")


@story
def a_message_is_recalled_within_two_minutes(w):
    a, v = w.online(), w.visitor()
    c = v.say("发错了")["conversation"]
    a.ws.message("发错了")
    v.ws.send(type="recall", seq=1)
    equal(v.ws.wait("ack")["seq"], 1)
    equal(a.ws.wait("recalled", conversation=c)["seq"], 1)
    m = a.messages(c)[0]
    equal((m.get("recalled"), m["text"], "original" in m), (True, "", False))
    boss = w.http("zhuguan").get("/api/conversations/%s/messages" % c)["items"][0]
    equal(boss["original"], "发错了")
    v.ws.send(type="recall", seq=9)
    equal(v.ws.wait("error")["code"], "message.unknown")


@story
def the_end_is_told_and_rated(w):
    a, v = w.online(), w.visitor()
    c = v.say("谢谢，没问题了")["conversation"]
    a.ws.message("谢谢，没问题了")
    a.say(c, "不客气，祝您生活愉快。")
    a.http.post("/api/conversations/%s/close" % c, {"reason": "resolved", "note": "已解决"})
    v.ws.wait("meta", state="closed")
    v.ws.send(type="rate", score=5, tags=["耐心"], note="很好")
    v.ws.wait("ack")
    equal(a.row(c)["rating"]["score"], 5)
    v.ws.send(type="rate", score=9)
    equal(v.ws.wait("error")["code"], "request.field_value")
    # the customer's next word opens it again, and routing begins anew
    again = v.say("对了，还有一件事")
    equal(again["conversation"], c)
    a.ws.message("对了，还有一件事")


@story
def waiting_is_shown_and_ends_when_an_agent_comes(w):
    v1, v2 = w.visitor(), w.visitor()
    v1.say("有人吗")
    v1.ws.wait("meta", state="queued", position=1)
    v2.say("人呢")
    v2.ws.wait("meta", state="queued", position=2)
    a = w.online()
    a.ws.message("有人吗")
    a.ws.message("人呢")
    equal(v1.ws.wait("meta", state="open")["agent"]["name"], "小雨")
    v2.ws.wait("meta", state="open")


@story
def a_late_round_says_why(w):
    boss = w.http("zhuguan")
    sla = boss.get("/api/sla")
    boss.put("/api/sla", {"greeting_ms": 1000, "reply_ms": 1000, "warning_ms": 500, "version": sla["version"]})
    try:
        a, v = w.online(), w.visitor()
        c = v.say("在不在呀")["conversation"]
        a.ws.message("在不在呀")
        a.ws.wait("sla", conversation=c, state="warning")
        a.ws.wait("sla", conversation=c, state="late")
        a.say(c, "不好意思让您久等了，我在的。")
        r = a.rounds(c)[0]
        equal((r["kind"], r["late"], r["reason"], r["limit_ms"]), ("greeting", True, "agent", 1000))
    finally:
        sla2 = boss.get("/api/sla")
        boss.put("/api/sla", {"greeting_ms": sla["greeting_ms"], "reply_ms": sla["reply_ms"], "warning_ms": sla["warning_ms"],
                              "version": sla2["version"]})


@story
def what_is_said_badly_is_held_back(w):
    a, v = w.online(), w.visitor()
    c = v.say("这个质量怎么样")["conversation"]
    a.ws.message("这个质量怎么样")
    g = a.say(c, "我们家是全网最好的，绝对第一。", client_id="ad")
    equal(g["type"], "guard")
    expect(g["hits"] and g["hits"][0]["message"], "no reason given")
    v.ws.quiet("message")
    if g["level"] == "warn":
        ok = a.say(c, "我们家是全网最好的，绝对第一。", client_id="ad", guard_seen=[h["rule"] for h in g["hits"]])
        equal(ok["type"], "ack")
    e = refused(lambda: a.http.post("/api/conversations/%s/messages" % c,
                                    {"client_id": "h1", "kind": "text", "text": "滚开，别烦我"}), 409, "guard.hit")
    expect(e.body["hits"])


@story
def suggestions_fit_what_was_said(w):
    a, v = w.online(), w.visitor()
    c = v.say("什么时候发货")["conversation"]
    s = a.ws.wait("suggest", conversation=c)
    expect(s["items"], "nothing offered for a plain question")
    first = s["items"][0]
    expect("{" not in first["text"], first["text"])
    again = a.http.get("/api/suggestions?conversation=%s" % c)["items"]
    equal(again[0]["id"], first["id"])
    equal(a.say(c, first["text"], suggestion=first["id"])["type"], "ack")
    expect(first["id"] not in [x["id"] for x in a.http.get("/api/suggestions?conversation=%s" % c)["items"]], "offered twice")


sys.exit(main())

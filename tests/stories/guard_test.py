#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The guard rails: what the customer said decides, who may send what needs approval, and what rules would have done last week."""
import sys

from story import equal, expect, main, refused, story


def rules_of(answer):
    return [h["rule"] for h in answer["hits"]]


@story
def what_was_asked_is_not_passed_over(w):
    a, v = w.online(), w.visitor()
    c = v.say("我要开发票，怎么开？")["conversation"]
    a.ws.message("我要开发票，怎么开？")
    text = "您好，请问有什么可以帮您"
    check = a.http.post("/api/guard/check", {"conversation": c, "text": text})
    equal((check["level"], rules_of(check)), ("warn", ["ignored"]))
    equal(a.http.post("/api/guard/check", {"text": text})["hits"], [])  # nothing is known: courtesy
    g = a.say(c, text)
    equal((g["type"], g["level"], rules_of(g)), ("guard", "warn", ["ignored"]))
    v.ws.quiet("message")
    expect("ETQ" not in g["hits"][0]["message"] and g["hits"][0]["rewrite"], g["hits"])
    equal(a.say(c, "可以开，您把抬头发我，今天下午开好发您邮箱")["type"], "ack")
    equal(a.say(c, text + "的吗").get("hits"), None)  # answered: now it is courtesy


@story
def hidden_writing_does_not_slip_past(w):
    a, v = w.online(), w.visitor()
    c = v.say("能便宜点吗")["conversation"]
    a.ws.message("能便宜点吗")
    for text in ("加\u200b微 信聊", "加·微·信 详谈", "加微信\u202e聊", "全網\u2060最 低", "滚*开"):
        g = a.say(c, text)
        equal((g["type"], g["level"]), ("guard", "block"))
        hit = g["hits"][0]
        points = list(text)
        expect("".join(points[hit["start"]:hit["end"]]) == hit["words"], (text, hit))
        # seen or not: it must be changed
        equal(a.say(c, text, guard_seen=rules_of(g))["type"], "guard")
    v.ws.quiet("message")


@story
def what_needs_approval_a_supervisor_may_send(w):
    a, v, boss = w.online(), w.visitor(), w.http("zhuguan")
    c = v.say("坏了赔钱吧")["conversation"]
    a.ws.message("坏了赔钱吧")
    rules = boss.get("/api/guard/rules")
    own = {"id": "own_1", "level": "approve", "words": ["赔付全款"], "message": "“{words}”要主管同意。", "rewrite": None}
    boss.put("/api/guard/rules", {"items": rules["items"] + [own], "version": rules["version"]})
    try:
        text = "我们赔付全款"
        g = a.say(c, text)
        equal((g["type"], g["level"], rules_of(g)), ("guard", "approve", ["own_1"]))
        equal(a.say(c, text, guard_seen=["own_1"])["type"], "guard")
        at = "/api/conversations/%s/messages" % c
        refused(lambda: boss.post(at, {"client_id": "b1", "kind": "text", "text": text}), 409, "guard.hit")
        boss.post(at, {"client_id": "b1", "kind": "text", "text": text, "guard_seen": ["own_1"]})
        v.ws.message(text)
        # the built-in rules that name sets of words still hold after they were stored
        equal(rules_of(a.say(c, "加薇信聊")), ["off_platform"])
    finally:
        now = boss.get("/api/guard/rules")
        boss.put("/api/guard/rules", {"items": [r for r in now["items"] if r["id"] != "own_1"], "version": now["version"]})


@story
def the_effect_on_the_last_days_is_shown_before_saving(w):
    a, v, boss = w.online(), w.visitor(), w.http("zhuguan")
    c = v.say("质量好吗")["conversation"]
    a.ws.message("质量好吗")
    equal(a.say(c, "面料是加厚的斜纹棉，洗后不容易变形")["type"], "ack")
    refused(lambda: a.http.post("/api/guard/effect", {}), 403, "auth.role")
    before = boss.post("/api/guard/effect", {})
    expect(before["messages"] > 0 and before["whole"], before)
    draft = [{"id": "own_9", "level": "block", "words": ["斜纹棉"], "message": "“{words}”不说。", "rewrite": None}]
    after = boss.post("/api/guard/effect", {"items": draft})
    equal(after["messages"], before["messages"])
    equal([(r["rule"], r["level"], r["messages"]) for r in after["rules"]], [("own_9", "block", 1)])
    one = after["rules"][0]["examples"][0]
    equal((one["conversation"], list(one["text"])[one["start"]:one["end"]]), (c, list("斜纹棉")))
    equal((after["hit"], after["stopped"]), (1, 1))
    tried = boss.post("/api/guard/effect", {"items": draft, "text": "加厚斜纹棉", "scan": False})
    equal((rules_of(tried), tried["messages"]), (["own_9"], 0))
    expect(all(r["id"] != "own_9" for r in boss.get("/api/guard/rules")["items"]), "a draft was stored")
    refused(lambda: boss.post("/api/guard/effect", {"items": [{"id": "x", "level": "loud"}]}), 400, "guard.rules_invalid")
    refused(lambda: boss.post("/api/guard/effect", {"items": [{"id": "x", "level": "warn", "message": "m", "words": ["@nobody"]}]}),
            400, "guard.rules_invalid")


if __name__ == "__main__":
    sys.exit(main())

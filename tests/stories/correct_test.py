#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a message means, said by people: shown to the desk at once, counted for the supervisor, handed out as training data."""
import json
import os
import subprocess
import sys

from story import equal, expect, main, refused, story

ANGRY = {"emotion": "angry", "intensity": 2, "intents": ["complaint", "track"], "stage": "in"}


def label(c, seq):
    return "/api/conversations/%s/messages/%s/label" % (c, seq)


@story
def an_agent_corrects_and_takes_it_back(w):
    a, v = w.online(), w.visitor()
    c = v.say("请问这件有红色吗")["conversation"]
    m = a.ws.message("请问这件有红色吗")["message"]
    equal(m["understanding"]["emotion"], "calm")
    boss = w.agent("zhuguan")
    boss.ws.send(type="watch", conversation=c, after=m["seq"])
    boss.ws.wait("presence", conversation=c)
    done = a.http.put(label(c, m["seq"]), dict(ANGRY, note="急了"))["message"]
    have = done["corrected"]
    equal({k: have[k] for k in ANGRY}, ANGRY)
    equal((have["by"]["id"], have["note"]), (a.id, "急了"))
    equal(done["understanding"]["emotion"], "calm")  # what the machine read stays beside it
    for desk in (a, boss):
        f = desk.ws.wait("corrected", conversation=c, seq=m["seq"])
        equal(f["corrected"], have)
    a.ws.find(lambda f: f["type"] == "conversation" and f["row"]["id"] == c and f["row"]["emotion"] == "angry", "the row")
    equal([x["corrected"] for x in a.messages(c) if x["seq"] == m["seq"]], [have])
    v.ws.quiet("corrected")
    expect("corrected" not in json.dumps(v.http.get("/api/widget/messages")), "visitors do not see it")
    undone = a.http.delete(label(c, m["seq"]))["message"]
    expect("corrected" not in undone, undone)
    equal(boss.ws.wait("corrected", conversation=c)["corrected"], None)
    a.http.delete(label(c, m["seq"]))  # nothing there: no fault
    equal(a.row(c)["emotion"], "calm")


@story
def who_may_and_what_is_a_label(w):
    a, v = w.online(), w.visitor()
    c = v.say("你好")["conversation"]
    seq = a.ws.message("你好")["message"]["seq"]
    other = w.http("xiaolin")
    refused(lambda: other.put(label(c, seq), ANGRY), 403, "conversation.not_mine")
    refused(lambda: other.get("/api/corrections"), 403, "auth.role")
    refused(lambda: other.get("/api/corrections/export"), 403, "auth.role")
    refused(lambda: a.http.put(label(c, 99), ANGRY), 404, "correction.message")
    refused(lambda: a.http.put(label("1", 1), ANGRY), 404, "conversation.unknown")
    for field, value in (("emotion", "furious"), ("intensity", 0), ("intensity", 9), ("intents", ["nonsense"]), ("intents", []),
                         ("intents", ["track", "track"]), ("stage", "later"), ("note", "a\nb")):
        e = refused(lambda: a.http.put(label(c, seq), dict(ANGRY, **{field: value})), 400, "request.field_value")
        equal(e.error["field"], field)
    for path in (label(c, "x"), label(c, 0)):
        refused(lambda: a.http.get(path), 404, "request.unknown_path")


@story
def the_supervisor_sees_the_drift_and_takes_it_home(w):
    boss = w.http("zhuguan")
    before = boss.get("/api/corrections")["total"]
    a, ids = w.online(), []
    for i in range(3):
        v = w.visitor()
        text = "订单20261125093012%d什么时候到，电话13800000000" % i
        c = v.say(text)["conversation"]
        seq = a.ws.message(text)["message"]["seq"]
        boss.put(label(c, seq), ANGRY)
        ids.append((c, seq))
    page = boss.get("/api/corrections?limit=2")
    equal(page["total"] - before, 3)
    equal([(x["conversation"], x["seq"]) for x in page["items"]], ids[:0:-1])
    x = page["items"][0]
    equal(x["now"], ANGRY)
    expect(x["was"]["emotion"] and x["was"]["intents"] and x["model"] and x["by"]["name"], x)
    equal([(y["conversation"], y["seq"]) for y in boss.get("/api/corrections?limit=2&cursor=" + page["next"])["items"]][:1], ids[:1])
    turned = [d for d in page["drift"] if d["kind"] == "emotion" and d["to"] == "angry"]
    expect(sum(d["count"] for d in turned) >= 3, page["drift"])
    equal(boss.get("/api/corrections?since=99999999999999")["total"], 0)
    refused(lambda: boss.get("/api/corrections?cursor=x"), 400, "request.query_value")

    status, data = boss.raw("GET", "/api/corrections/export?limit=2")
    equal(status, 200)
    lines = [json.loads(x) for x in data.decode().splitlines()]
    equal([x["id"] for x in lines], ["desk-%s-%s" % i for i in ids[:0:-1]])
    last = lines[0]["turns"][-1]
    equal({k: last[k] for k in ANGRY}, ANGRY)
    equal((last["role"], last["text"]), ("user", "订单[数字x]什么时候到，电话[数字x]"))
    rest = boss.raw("GET", "/api/corrections/export?cursor=" + boss.headers["x-next-cursor"])[1]
    equal(json.loads(rest.decode().splitlines()[0])["id"], "desk-%s-%s" % ids[0])
    kinds = [x["action"] for x in boss.get("/api/audit")["items"]]
    expect("message.corrected" in kinds and "corrections.exported" in kinds, kinds)

    # the trainer's own reader takes it
    path = os.path.join(w.server.folder, "corrections.jsonl")
    with open(path, "wb") as f:
        f.write(data)
    try:
        run = subprocess.run([w.server.binary, "eval", path], capture_output=True, text=True, timeout=60)
        equal(run.returncode, 0)
    finally:
        os.remove(path)


@story
def an_erased_customer_leaves_no_correction(w):
    boss, owner = w.http("zhuguan"), w.http("laoban")
    a, v = w.online(), w.visitor()
    c = v.say("我住桂花巷")["conversation"]
    seq = a.ws.message("我住桂花巷")["message"]["seq"]
    boss.put(label(c, seq), dict(ANGRY, note="桂花巷的"))
    expect(c in [x["conversation"] for x in boss.get("/api/corrections")["items"]])
    owner.post("/api/customers/%s/erase" % v.id)
    expect(c not in [x["conversation"] for x in boss.get("/api/corrections")["items"]])
    expect("桂花" not in json.dumps(boss.get("/api/customers/%s/export" % v.id), ensure_ascii=False))
    refused(lambda: boss.put(label(c, seq), ANGRY), 404, "correction.message")


sys.exit(main())

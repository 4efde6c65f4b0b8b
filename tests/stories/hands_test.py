#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many hands: routing, taking, transfer, takeover, agents who vanish."""
import sys
import threading

from story import equal, expect, main, refused, story


@story
def work_goes_round_and_stops_at_capacity(w):
    a, b = w.online("xiaoyu"), w.online("xiaolin")
    visitors = [w.visitor() for _ in range(12)]
    for i, v in enumerate(visitors):
        v.say("客人 %d" % i)
    rows = w.http("zhuguan").get("/api/conversations?view=all&limit=50")["items"]
    mine = {p.id: sum(1 for r in rows if r["assignee"] and r["assignee"]["id"] == p.id) for p in (a, b)}
    equal(sorted(mine.values()), [5, 5])
    equal(sum(r["status"] == "queued" for r in rows), 2)
    first = next(r for r in rows if r["assignee"] and r["assignee"]["id"] == a.id)
    a.http.post("/api/conversations/%s/close" % first["id"], {"reason": "resolved"})
    visitors[10].ws.wait("meta", state="open")  # the longest waiting one


@story
def two_agents_take_one_customer_and_one_wins(w):
    v = w.visitor()
    c = v.say("排队中")["conversation"]
    v.ws.wait("meta", state="queued")
    people = [w.http("xiaoyu"), w.http("xiaolin")]
    results = []

    def take(h):
        try:
            results.append(h.post("/api/conversations/%s/take" % c)["conversation"]["assignee"]["id"])
        except Exception as e:
            results.append(e)
    threads = [threading.Thread(target=take, args=(h,)) for h in people]
    [t.start() for t in threads]
    [t.join() for t in threads]
    lost = [r for r in results if not isinstance(r, str)]
    equal(len(lost), 1)
    equal((lost[0].status, lost[0].code), (409, "conversation.taken"))


@story
def a_transfer_carries_its_note(w):
    a, b, v = w.online("xiaoyu"), w.agent("xiaolin"), w.visitor()
    b.status("busy")
    c = v.say("发票怎么开")["conversation"]
    a.ws.message("发票怎么开")
    a.say(c, "您好，我请负责发票的同事来。")
    a.http.post("/api/conversations/%s/transfer" % c, {"to": b.id, "note": "要专票，抬头已经给了"})
    row = b.ws.wait("conversation")["row"]
    equal(row["assignee"]["id"], b.id)
    equal([m["text"] for m in b.messages(c) if m["kind"] == "note"], ["要专票，抬头已经给了"])
    equal(a.say(c, "我还想说一句")["type"], "error")
    v.ws.wait("meta", state="open")
    equal(b.say(c, "您好，专票没问题。")["type"], "ack")
    v.ws.message("您好，专票没问题。")
    refused(lambda: b.http.post("/api/conversations/%s/transfer" % c, {"to": "12345", "note": ""}), 409, "agent.offline")


@story
def a_supervisor_takes_over(w):
    a, v = w.online("xiaoyu"), w.visitor()
    c = v.say("叫你们主管来")["conversation"]
    a.ws.message("叫你们主管来")
    refused(lambda: w.http("xiaolin").post("/api/conversations/%s/takeover" % c), 403, "auth.role")
    boss = w.agent("zhuguan")
    boss.http.post("/api/conversations/%s/takeover" % c)
    equal(boss.say(c, "您好，我是主管，让您着急了。")["type"], "ack")
    v.ws.message("您好，我是主管，让您着急了。")
    equal(a.row(c)["assignee"]["id"], boss.id)


@story
def a_returning_customer_meets_the_same_agent(w):
    a, b, v = w.online("xiaoyu"), w.online("xiaolin"), w.visitor()
    c = v.say("第一次来")["conversation"]
    who = a if a.row(c)["assignee"]["id"] == a.id else b
    other = b if who is a else a
    who.ws.message("第一次来")
    who.say(c, "欢迎，有事随时说。")
    who.http.post("/api/conversations/%s/close" % c, {"reason": "resolved"})
    w.visitor().say("别的客人")  # the other one's turn would be next
    v.say("我又来了")
    who.ws.message("我又来了")
    other.ws.quiet("message", 0.3, conversation=c)


@story
def an_agent_who_goes_offline_leaves_the_waiting_to_others(w):
    a, v = w.online("xiaoyu"), w.visitor()
    c = v.say("还没人回我")["conversation"]
    a.ws.message("还没人回我")
    a.status("offline")
    v.ws.wait("meta", state="queued")
    b = w.online("xiaolin")
    b.ws.message("还没人回我")
    equal(b.row(c)["assignee"]["id"], b.id)


@story
def snooze_and_the_customers_word(w):
    import time
    a, v = w.online("xiaoyu"), w.visitor()
    c = v.say("到货了告诉我")["conversation"]
    a.ws.message("到货了告诉我")
    a.say(c, "好的，到货我第一时间告诉您。")
    a.http.post("/api/conversations/%s/snooze" % c, {"until": int(time.time() * 1000) + 3600000})
    equal(a.row(c)["status"], "snoozed")
    v.say("算了，不等了")
    equal(a.row(c)["status"], "open")
    until = int(time.time() * 1000) + 1200
    a.say(c, "好的，没关系。")
    a.http.post("/api/conversations/%s/snooze" % c, {"until": until})
    deadline = time.monotonic() + 6
    while a.row(c)["status"] == "snoozed":
        expect(time.monotonic() < deadline, "it never woke")
        time.sleep(0.2)


@story
def tags_stage_merge_and_block(w):
    a, v = w.online("xiaoyu"), w.visitor()
    c = v.say("退货运费谁出")["conversation"]
    a.ws.message("退货运费谁出")
    a.http.post("/api/conversations/%s/tags" % c, {"add": ["运费", "退货"], "remove": []})
    a.http.post("/api/conversations/%s/tags" % c, {"add": [], "remove": ["运费"]})
    a.http.post("/api/conversations/%s/stage" % c, {"stage": "after"})
    row = a.row(c)
    equal((row["tags"], row["stage"]), (["退货"], "after"))
    equal([r["id"] for r in a.http.get("/api/conversations?view=all&tag=%E9%80%80%E8%B4%A7")["items"]][:1], [c])
    a.http.post("/api/customers/%s/block" % v.id, {"reason": "辱骂"})
    equal(v.say("凭什么")["code"], "customer.blocked")
    a.http.post("/api/customers/%s/unblock" % v.id, {"reason": ""})
    equal(v.say("谢谢解封")["type"], "ack")


sys.exit(main())

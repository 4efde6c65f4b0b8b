#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The hand-over summary: five lines and the curve, for whoever takes a conversation over."""
import sys

import client  # noqa: E402
from story import equal, expect, main, refused, story


def lines_of(answer):
    equal([x["kind"] for x in answer["lines"]], ["who", "wish", "feeling", "done", "promised"])
    return {x["kind"]: x for x in answer["lines"]}


@story
def the_next_agent_reads_five_lines(w):
    a, v, boss = w.online(), w.visitor(), w.http("zhuguan")
    c = v.say("你好，衣服收到了，拉链是坏的")["conversation"]
    a.ws.message("你好，衣服收到了，拉链是坏的")
    at = "/api/conversations/%s/summary" % c
    first = lines_of(a.http.get(at))
    expect("拉链是坏的" in first["wish"]["text"], first["wish"])
    equal(first["wish"]["seqs"], [1])
    equal(first["done"], {"kind": "done", "text": "还没有人答复", "seqs": []})
    equal(a.say(c, "非常抱歉让您遇到这样的情况，今天之内给您安排补发一件")["type"], "ack")
    v.say("你们怎么回事！到现在都没人理，太气人了，我要投诉")
    a.ws.message("你们怎么回事！到现在都没人理，太气人了，我要投诉")
    equal(a.say(c, "这是内部备注，不进摘要", kind="note")["type"], "ack")
    boss.post("/api/conversations/%s/transfer" % c, {"to": None, "note": "客户很急"})
    s = boss.get(at)
    lines = lines_of(s)
    expect("答复了 1 条" in lines["done"]["text"] and "客户最后说的还没有答复" in lines["done"]["text"], lines["done"])
    equal(lines["done"]["seqs"], [2, 3])
    expect("补发" in lines["promised"]["text"] and "今天之内（今天 23:59 前），还没看到办好" in lines["promised"]["text"], lines["promised"])
    equal(lines["promised"]["seqs"], [2])
    expect("最重时" in lines["feeling"]["text"] and 3 in lines["feeling"]["seqs"], lines["feeling"])
    equal([p["seq"] for p in s["curve"]], [1, 3])
    expect(s["curve"][1]["emotion"] in ("anxious", "disappointed", "angry"), s["curve"])
    expect(s["curve"][1]["intensity"] >= 1 and s["curve"][1]["at"] >= s["curve"][0]["at"], s["curve"])
    expect(s["last_seq"] >= 4 and "备注" not in str(s) and "客户很急" not in str(s), s)


@story
def what_was_done_and_what_was_taken_back(w):
    a, v = w.online(), w.visitor()
    c = v.say("发票什么时候开好")["conversation"]
    a.ws.message("发票什么时候开好")
    a.say(c, "我帮您登记一下，明天上午给您开发票")
    equal(a.say(c, "发票已经开好了，发到您邮箱了")["type"], "ack")
    wrong = a.say(c, "稍后再给您打电话说明尺码")
    equal(wrong["type"], "ack")
    at = "/api/conversations/%s/summary" % c
    before = lines_of(a.http.get(at))
    expect("后来说“发票已经开好了”" in before["promised"]["text"], before["promised"])
    expect("打电话" in before["done"]["text"], before["done"])
    a.ws.send(type="recall", conversation=c, seq=wrong["seq"])
    a.ws.wait("recalled")
    after = a.http.get(at)
    expect("打电话" not in str(after), after)


@story
def only_staff_of_the_shop_read_it(w):
    a, v = w.online(), w.visitor()
    c = v.say("在吗")["conversation"]
    a.ws.message("在吗")
    refused(lambda: a.http.get("/api/conversations/999999/summary"), 404, "conversation.unknown")
    refused(lambda: client.Http(w.port).get("/api/conversations/%s/summary" % c), 401, "auth.needed")


if __name__ == "__main__":
    sys.exit(main())

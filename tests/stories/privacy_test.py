#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is known of one customer: handed out, erased; and how long the shop keeps things."""
import json
import sys
import urllib.parse

import client
from story import equal, expect, main, refused, story

PNG = (b"\x89PNG\r\n\x1a\n" b"\0\0\0\x0dIHDR\0\0\0\x18\0\0\0\x10\x08\2\0\0\0\1\2\3\4" b"\0\0\0\2IDATpxCRCC" b"\0\0\0\0IENDCRCC")


def picture(v):
    status, body = v.http.raw("POST", "/api/widget/uploads", PNG, {"X-File-Name": "photo.png"}, content_type="image/png")
    equal(status, 201)
    f = json.loads(body)["file"]
    equal(v.say("", client_id="pic", kind="image", file=f["id"])["type"], "ack")
    return f


@story
def a_customer_gets_all_and_then_nothing_is_left(w):
    a, v = w.online(), w.visitor()
    c = v.say("我叫王桂花，住在桂花巷")["conversation"]
    a.ws.message("我叫王桂花，住在桂花巷")
    equal(a.say(c, "好的，王桂花女士")["type"], "ack")
    f = picture(v)
    boss, owner = w.http("zhuguan"), w.http("laoban")
    boss.patch("/api/customers/" + v.id, {"name": "王桂花", "note": "喜欢蓝色"})

    refused(lambda: w.http("xiaoyu").get("/api/customers/%s/export" % v.id), 403, "auth.role")
    refused(lambda: boss.get("/api/customers/1/export"), 404, "customer.unknown")
    all_of_it = boss.get("/api/customers/%s/export" % v.id)
    equal(all_of_it["customer"]["name"], "王桂花")
    equal(all_of_it["customer"]["note"], "喜欢蓝色")
    equal(all_of_it["next"], None)
    talk = all_of_it["conversations"][0]
    texts = [m["text"] for m in talk["messages"]]
    expect("我叫王桂花，住在桂花巷" in texts and "好的，王桂花女士" in texts, texts)
    equal([x["id"] for x in all_of_it["files"]], [f["id"]])
    equal(boss.raw("GET", all_of_it["files"][0]["url"])[0], 200)

    find = "/api/search?q=" + urllib.parse.quote("桂花巷")
    equal([x["conversation"] for x in boss.get(find)["items"]], [c])
    refused(lambda: boss.post("/api/customers/%s/erase" % v.id), 403, "auth.role")
    done = owner.post("/api/customers/%s/erase" % v.id)
    equal((done["erased"]["conversations"], done["erased"]["files"]), (1, 1))
    equal(done["customer"]["name"], "")
    a.ws.find(lambda x: x["type"] == "conversation" and x["row"]["id"] == c and x["row"]["status"] == "closed", "the closed row")
    left = json.dumps(boss.get("/api/customers/%s/export" % v.id), ensure_ascii=False)
    expect("桂花" not in left and "蓝色" not in left, left)
    equal(len(boss.get("/api/customers/%s/export" % v.id)["conversations"][0]["messages"]), len(texts) + 1)  # and "closed"
    refused(lambda: boss.get(f["url"]), 404, "file.unknown")
    equal(boss.get(find)["items"], [])
    equal(owner.post("/api/customers/%s/erase" % v.id)["erased"], {"conversations": 0, "messages": 0, "files": 0})
    kinds = [x["action"] for x in boss.get("/api/audit")["items"]]
    equal((kinds.count("customer.erased"), kinds.count("customer.exported")), (2, 3))

    equal(v.say("还在吗", client_id="late")["code"], "visitor.token")
    again = client.Visitor(w.port, token=v.token)
    expect(again.id != v.id)


@story
def a_very_long_history_comes_in_pages(w):
    """Two talks of one person, each of more than 8 MiB: each has a page of its own."""
    boss, ids, people = w.http("zhuguan"), [], [w.visitor(), w.visitor()]
    for v in people:
        ids.append(v.say("你好")["conversation"])
        boss.post("/api/conversations/%s/takeover" % ids[-1])
        for i in range(720):
            boss.post("/api/conversations/%s/messages" % ids[-1], {"client_id": "n%d" % i, "kind": "note", "text": "记" * 4000})
    boss.post("/api/customers/%s/merge" % people[1].id, {"into": people[0].id})
    at = "/api/customers/%s/export" % people[0].id
    first = boss.get(at)
    equal([x["conversation"]["id"] for x in first["conversations"]], ids[:1])
    equal([x["id"] for x in first["merged"]], [people[1].id])
    second = boss.get(at + "?cursor=" + first["next"])
    equal(([x["conversation"]["id"] for x in second["conversations"]], second["next"]), (ids[1:], None))
    for page in (first, second):
        equal(sum(m["kind"] == "note" for m in page["conversations"][0]["messages"]), 720)
    done = w.http("laoban").post("/api/customers/%s/erase" % people[0].id)["erased"]
    equal(done["conversations"], 2)
    expect(done["messages"] > 1440, done)


@story
def how_long_things_are_kept(w):
    owner = w.http("laoban")
    refused(lambda: w.http("zhuguan").get("/api/retention"), 403, "auth.role")
    now = owner.get("/api/retention")
    equal((now["messages_days"], now["files_days"], now["audit_days"]), (0, 0, 0))
    put = owner.put("/api/retention", {"messages_days": 730, "files_days": 180, "audit_days": 0, "version": now["version"]})
    equal((put["messages_days"], put["files_days"], put["version"]), (730, 180, now["version"] + 1))
    refused(lambda: owner.put("/api/retention", {"messages_days": 1, "version": now["version"]}), 409, "setting.changed")
    e = refused(lambda: owner.put("/api/retention", {"files_days": -1}), 400, "request.field_value")
    equal(e.error["field"], "files_days")
    equal(owner.put("/api/retention", {"messages_days": 0})["files_days"], 180)  # what is not said stays


sys.exit(main())

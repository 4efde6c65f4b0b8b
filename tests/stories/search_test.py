#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finding what was said: any part of it, at once, by those who may."""
import sys
import time
import urllib.parse

import client
from story import equal, expect, main, refused, story


def search(http, q, **more):
    return http.get("/api/search?" + urllib.parse.urlencode(dict({"q": q}, **more)))


def texts(http, q, **more):
    return [i["text"] for i in search(http, q, **more)["items"]]


@story
def a_word_is_found_the_moment_it_was_said(w):
    a, v = w.online(), w.visitor()
    for i in range(10):
        text = "第%d次问：青瓷茶杯还有货吗" % i
        ack = v.say(text)
        found = search(a.http, "青瓷茶杯")
        expect(found["complete"] and found["items"], found)
        hit = found["items"][0]
        equal((hit["text"], hit["conversation"], hit["seq"], hit["role"], hit["at"]),
              (text, ack["conversation"], ack["seq"], "customer", ack["at"]))
        equal(hit["spans"], [[5, 9]])
        equal(hit["customer"]["id"], v.id)
    equal(len(texts(a.http, "青瓷茶杯")), 10)


@story
def any_part_however_written(w):
    a, v = w.online(), w.visitor()
    v.say("請問運單ＺＹ77310026能改地址嗎")
    a.ws.wait("message")
    time.sleep(0.3)  # by now the index has it
    for q in ("运", "運單", "zy7731", "1002", "改地址", "0026能改", "ＺＹ７７", "请问 地址"):
        expect(texts(a.http, q), q)
    equal(search(a.http, "7310")["items"][0]["spans"], [[7, 11]])
    equal(texts(a.http, "请问 没有的词"), [])
    refused(lambda: search(a.http, "  "), 400, "search.empty")
    refused(lambda: search(a.http, "长" * 101), 400, "search.too_long")
    refused(lambda: search(a.http, "运", cursor="x"), 400, "search.cursor")
    refused(lambda: search(a.http, "运", kind="orders"), 400, "request.query_value")
    refused(lambda: search(a.http, "运", limit=101), 400, "request.query_value")


@story
def pages_give_each_message_once_the_newest_first(w):
    a, v = w.online(), w.visitor()
    c = v.say("雨伞 0")["conversation"]
    for i in range(1, 30):
        (v.say if i % 2 else lambda t: a.say(c, t))("雨伞 %d" % i)
    seen, cursor = [], None
    while True:
        page = search(a.http, "雨伞", limit=7, **({"cursor": cursor} if cursor else {}))
        seen += [i["text"] for i in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
        v.say("雨伞又一条")  # what comes meanwhile is not in later pages
    equal(seen, ["雨伞 %d" % i for i in range(29, -1, -1)])


@story
def recalled_words_are_not_found_and_notes_are(w):
    a, v = w.online(), w.visitor()
    c = v.say("我家门牌号是芙蓉路八号")["conversation"]
    equal(len(texts(a.http, "芙蓉路")), 1)
    v.ws.send(type="recall", seq=1)
    v.ws.wait("ack")
    equal(texts(a.http, "芙蓉路"), [])
    a.say(c, "客人住芙蓉路，注意保密", kind="note")
    equal(texts(a.http, "芙蓉路"), ["客人住芙蓉路，注意保密"])
    time.sleep(0.3)
    equal(len(texts(a.http, "芙蓉路")), 1)


@story
def only_staff_search(w):
    v = w.visitor()
    v.say("别人不能搜")
    refused(lambda: search(v.http, "别人"), 401, "auth.needed")
    refused(lambda: search(client.Http(w.port), "别人"), 401, "auth.needed")


@story
def what_was_merged_is_found_where_it_is(w):
    a, boss = w.online(), w.http("zhuguan")
    v1, v2 = w.visitor(), w.visitor()
    first = v1.say("旧单子：竹编灯罩")["conversation"]
    second = v2.say("换了个手机又来了")["conversation"]
    a.ws.message("换了个手机又来了")
    boss.post("/api/customers/%s/merge" % v1.id, {"into": v2.id})
    boss.post("/api/conversations/%s/merge" % first, {"into": second})
    hit = search(a.http, "竹编灯罩")["items"][0]
    equal((hit["conversation"], hit["customer"]["id"]), (second, v2.id))
    items = boss.get("/api/conversations/%s/messages" % second)["items"]
    equal([m["seq"] for m in items if m["text"] == hit["text"]], [hit["seq"]])


sys.exit(main())

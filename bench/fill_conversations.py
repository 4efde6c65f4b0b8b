#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fills the SQLite database of a stopped server with conversations, for measuring at size.

usage: fill_conversations.py DATA_DIR --conversations N [--messages N] [--open-share 0.33] [--events]

Rows are written through SQLite directly, into the first shop and channel that the server made. Text comes from the public JDDC
sessions when the environment names them (ZHIXIN_DATA); else half of it is clauses of our own, half made-up words over the common
characters, both as unevenly frequent as words are. --events appends a `message.added` event
for each message, so that the followers (search index) work through them at the next start.
"""
import argparse
import gzip
import itertools
import json
import os
import random
import sqlite3
import sys
import time

CLAUSES = (
    "你好", "在吗", "请问", "我昨天买的", "上周下单的", "这件外套", "这双跑鞋", "那台电饭煲", "蓝牙耳机", "儿童水杯", "什么时候发货", "快递到哪里了",
    "物流三天没有更新", "可以退货吗", "想换大一码", "颜色发错了", "少了一个配件", "能不能便宜一点", "优惠券怎么用", "满减可以叠加吗", "发票抬头写错了",
    "地址帮我改一下", "改成下午送", "放在门卫室就行", "包装破了", "有点掉色", "声音很小", "充不进电", "质量太差了", "我很生气", "要投诉你们", "麻烦快一点",
    "谢谢", "好的", "那我等等", "已经申请退款了", "钱还没有到账", "保修几年", "有现货吗", "适合送长辈吗", "尺寸是多少", "是正品吗", "七天无理由",
    "运费谁出", "能开专票吗", "周末上班吗", "有没有赠品", "帮我查一下订单", "单号是", "拍照给你看", "客服怎么不回", "算了不要了", "给个好评",
)
ANSWERS = (
    "您好，很高兴为您服务", "请稍等，我马上帮您查看", "这边看到您的包裹已经到达本地站点", "给您添麻烦了，非常抱歉", "我已经为您登记加急", "预计明天下午送达",
    "退货运费由我们承担", "请您提供一下订单号", "这款现在有货，今天就可以发出", "已经为您申请补发配件", "退款会在三个工作日内原路退回", "还有什么可以帮您的吗",
)


def corpus():
    """Real turns (role, text) when the data is there; None otherwise."""
    folder = os.environ.get("ZHIXIN_DATA")
    path = folder and os.path.join(folder, "zh_jddc_sessions", "train.jsonl.gz")
    if not path or not os.path.exists(path):
        return None
    turns = []
    with gzip.open(path, "rt", encoding="utf-8") as f:
        for line in f:
            turns += [(t["role"], t["text"]) for t in json.loads(line)["turns"] if t["text"].strip()]
    return turns


def vocabulary(rng):
    """Made-up words of one to three characters with the weights of a language: the n-th as frequent as 1/n."""
    common = [bytes((0xA0 + row, 0xA0 + column)).decode("gb2312", "ignore") for row in range(16, 56) for column in range(1, 95)]
    common = [c for c in common if c]
    rng.shuffle(common)
    weights = list(itertools.accumulate(1 / (n + 3) for n in range(len(common))))
    words = ["".join(rng.choices(common, cum_weights=weights, k=rng.choice((1, 2, 2, 2, 2, 3)))) for _ in range(30000)]
    return words, list(itertools.accumulate(1 / (n + 5) for n in range(len(words))))


def made_text(rng, role, words):
    if rng.random() < 0.5:
        parts = rng.choices(words[0], cum_weights=words[1], k=rng.randint(3, 16))
        return "".join(w + ("，" if rng.random() < 0.15 else "") for w in parts)
    clauses = CLAUSES if role == "user" else ANSWERS
    text = "，".join(rng.choices(clauses, k=rng.randint(1, 4)))
    return text + str(rng.randint(10**9, 10**10)) if rng.random() < 0.1 else text


def texts(count, role="user", seed=7):
    """count texts of one side."""
    rng = random.Random(seed)
    real = [text for who, text in corpus() or [] if who == role]
    words = None if real else vocabulary(random.Random(3))
    # Real turns are few against a million: two of them make one message.
    return [(rng.choice(real) + rng.choice(real))[:500] if real else made_text(rng, role, words) for _ in range(count)]


def insert_sql(db, table, values):
    """INSERT that names every column; values given here, NOT NULL columns left get 0 or ''."""
    columns, filled = [], []
    for _, name, kind, required, default, _ in db.execute(f"PRAGMA table_info({table})"):
        if name in values:
            columns.append(name)
            filled.append("?")
        elif required and default is None:
            columns.append(name)
            filled.append("0" if "INT" in kind.upper() else "''")
    order = [name for name in columns if name in values]
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(filled)})", order


def fill(path, conversations, messages=1, open_share=0.33, events=False, seed=11):
    rng = random.Random(seed)
    db = sqlite3.connect(path)
    db.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; PRAGMA temp_store = MEMORY;")
    shop, channel = db.execute("SELECT shop_id, id FROM channel ORDER BY id LIMIT 1").fetchone()
    now = int(time.time() * 1000)
    first_at = now - conversations * 30
    base = (db.execute("SELECT max(max(id), 0) FROM (SELECT max(id) AS id FROM conversation UNION ALL SELECT max(id) FROM customer)").fetchone()[0] or 1) + 1
    pools = {role: texts(min(200000, conversations * messages // 2 + 10), "user" if role == "customer" else "agent") for role in ("customer", "agent")}
    customer_names = ("id", "shop_id", "name", "channel_id", "lang", "created_at", "seen_at")
    customer_sql, customer_order = insert_sql(db, "customer", customer_names)
    talk_names = ("id", "shop_id", "channel_id", "customer_id", "status", "stage", "last_seq", "last_role", "last_kind", "last_text", "last_at", "unread",
                  "emotion", "tags", "scripts_used", "queued_at", "closed_at", "close_reason", "created_at", "updated_at")
    talk_sql, talk_order = insert_sql(db, "conversation", talk_names)
    message_names = ("conversation_id", "seq", "role", "kind", "body", "sender_id", "sender_name", "at_ms")
    message_sql, message_order = insert_sql(db, "message", message_names)
    event_names = ("position", "shop_id", "conversation_id", "subject_id", "seq", "at_ms", "kind")
    event_sql, event_order = insert_sql(db, "event", event_names) if events else (None, None)
    position = (db.execute("SELECT max(position) FROM event").fetchone()[0] or 0) + 1 if events else 0
    for start in range(0, conversations, 10000):
        customers, talks, said, happened = [], [], [], []
        for number in range(start, min(start + 10000, conversations)):
            one, at = base + number, first_at + number * 30
            status = "queued" if rng.random() < open_share else "closed"
            last = ("", "")
            for seq in range(1, messages + 1):
                role = "customer" if seq % 2 else "agent"
                body = rng.choice(pools[role])
                last = (role, body)
                value = {"conversation_id": one, "seq": seq, "role": role, "kind": "text", "body": body, "sender_id": one, "sender_name": "访客",
                         "at_ms": at + seq}
                said.append([value[n] for n in message_order])
                if events:
                    value = {"position": position, "shop_id": shop, "conversation_id": one, "subject_id": one, "seq": seq, "at_ms": at + seq,
                             "kind": "message.added.1"}
                    happened.append([value[n] for n in event_order])
                    position += 1
            closed = at + 60000 if status == "closed" else None
            value = {"id": one, "shop_id": shop, "channel_id": channel, "customer_id": one, "status": status, "stage": "pre", "last_seq": messages,
                     "last_role": last[0], "last_kind": "text", "last_text": last[1][:80], "last_at": at + messages, "unread": 1, "emotion": "calm",
                     "tags": "[]", "scripts_used": "[]", "queued_at": at, "closed_at": closed, "close_reason": "solved" if closed else None,
                     "created_at": at, "updated_at": at + messages}
            talks.append([value[n] for n in talk_order])
            value = {"id": one, "shop_id": shop, "name": f"访客{number}", "channel_id": channel, "lang": "zh-CN", "created_at": at, "seen_at": at}
            customers.append([value[n] for n in customer_order])
        with db:
            db.executemany(customer_sql, customers)
            db.executemany(talk_sql, talks)
            db.executemany(message_sql, said)
            if events:
                db.executemany(event_sql, happened)
    db.execute("ANALYZE")
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="data folder of a stopped server")
    parser.add_argument("--conversations", type=int, required=True)
    parser.add_argument("--messages", type=int, default=1, help="messages of each conversation")
    parser.add_argument("--open-share", type=float, default=0.33, help="share that waits in the queue; the rest is closed")
    parser.add_argument("--events", action="store_true", help="append events, so that followers index the messages")
    options = parser.parse_args()
    fill(os.path.join(options.data, "zhixin.db"), options.conversations, options.messages, options.open_share, options.events)
    return 0


if __name__ == "__main__":
    sys.exit(main())

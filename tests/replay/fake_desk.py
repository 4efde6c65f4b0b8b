#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A toy desk in memory that speaks the part of docs/protocol.md that replay uses, for testing the judge itself.

    fake_desk.py [--capacity N] [--limit-every N] [--warn WORD] [--block WORD] [--export FILE]
    … --db FILE --port N      keeps everything in a SQLite file, for tests/crash/toy_zhixin.py; --lie: acknowledges before it is kept
Prints its port. --limit-every: each N-th visitor message is refused once with retry_after_ms. --export: written on SIGTERM.
"""
import argparse
import asyncio
import json
import os
import signal
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ws  # noqa: E402


class Keep:
    """On disk before anybody is told; with lie only now and then."""

    def __init__(self, path, lie):
        self.db = sqlite3.connect(path)
        self.lie, self.n = lie, 0
        self.db.executescript("""
            PRAGMA journal_mode = wal; PRAGMA synchronous = full;
            CREATE TABLE IF NOT EXISTS visitor (token TEXT PRIMARY KEY, title TEXT, conversation TEXT);
            CREATE TABLE IF NOT EXISTS conversation (id TEXT PRIMARY KEY, title TEXT, status TEXT, assigned INT, last_seq INT, clock_kind TEXT);
            CREATE TABLE IF NOT EXISTS message (conversation_id TEXT, seq INT, role TEXT, text TEXT, client_id TEXT,
                PRIMARY KEY (conversation_id, seq));""")

    def save(self, sql, *values):
        self.db.execute(sql, values)

    def commit(self):
        self.n += 1
        if not self.lie or self.n % 25 == 0:
            self.db.commit()

    def load(self, desk):
        for id, title, status, assigned in self.db.execute("SELECT id, title, status, assigned FROM conversation ORDER BY CAST(id AS INT)"):
            c = {"id": id, "title": title, "messages": [], "ids": {}, "assigned": bool(assigned), "status": status, "visitor": None}
            desk.conversations[id] = c
            if status == "queued":
                desk.queue.append(c)
        for id, seq, role, text, client_id in self.db.execute("SELECT * FROM message ORDER BY conversation_id, seq"):
            c = desk.conversations[id]
            c["messages"].append({"conversation": id, "seq": seq, "role": role, "kind": "text", "text": text})
            if client_id:
                c["ids"][client_id] = seq
        for token, title, conversation in self.db.execute("SELECT * FROM visitor"):
            desk.visitors[token] = {"title": title, "token": token, "conversation": desk.conversations.get(conversation)}
        desk.next = 1 + max([0] + [int(i) for i in desk.conversations] + [int(t[1:]) for t in desk.visitors])


class Socket:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def send(self, **frame):
        self.writer.write(ws.frame(ws.TEXT, json.dumps(frame, ensure_ascii=False).encode()))


class Desk:
    def __init__(self, o):
        self.o = o
        self.next = 0
        self.visitors = {}       # token -> {"title", "conversation"}
        self.conversations = {}  # id -> dict
        self.queue = []
        self.agents = []
        self.sends = 0
        self.keep = Keep(o.db, o.lie) if o.db else None
        if self.keep:
            self.keep.load(self)

    def saved(self, c):
        """The conversation as it now is; before anybody hears of it."""
        if self.keep:
            self.keep.save("INSERT OR REPLACE INTO conversation VALUES (?, ?, ?, ?, ?, NULL)", c["id"], c["title"], c["status"],
                           int(c["assigned"]), len(c["messages"]))
            self.keep.commit()

    def id(self):
        self.next += 1
        return str(self.next)

    def row(self, c):
        return {"id": c["id"], "status": c["status"], "assignee": {"id": "7"} if c["assigned"] else None,
                "last_seq": len(c["messages"])}

    def add(self, c, role, text, client_id=None):
        m = {"conversation": c["id"], "seq": len(c["messages"]) + 1, "role": role, "kind": "text", "text": text}
        c["messages"].append(m)
        if client_id:
            c["ids"][client_id] = m["seq"]
        if self.keep:
            self.keep.save("INSERT INTO message VALUES (?, ?, ?, ?, ?)", c["id"], m["seq"], role, text, client_id)
        self.saved(c)
        if c["assigned"]:
            for a in self.agents:
                a.send(type="message", message=m)
        if c["visitor"]:
            c["visitor"].send(type="message", message=m)
        return m["seq"]

    def route(self):
        while self.queue and self.agents and \
                sum(c["assigned"] and c["status"] != "closed" for c in self.conversations.values()) < self.o.capacity:
            c = self.queue.pop(0)
            c["assigned"], c["status"] = True, "open"
            for a in self.agents:
                a.send(type="conversation", row=self.row(c))
            self.add(c, "system", "conversation.assigned")

    def open(self, visitor, socket):
        c = {"id": self.id(), "title": visitor["title"], "messages": [], "ids": {}, "assigned": False,
             "status": "queued", "visitor": socket}
        visitor["conversation"] = c
        self.conversations[c["id"]] = c
        self.queue.append(c)
        if self.keep:
            self.keep.save("UPDATE visitor SET conversation = ? WHERE token = ?", c["id"], visitor["token"])
        return c

    async def widget(self, s):
        visitor = None
        while True:
            opcode, payload, _ = await ws.read_frame(s.reader)
            if opcode == ws.CLOSE:
                return
            f = json.loads(payload)
            if f["type"] == "hello":
                visitor = self.visitors[f["token"]]
                c = visitor["conversation"]
                s.send(type="welcome", conversation=c and c["id"])
                if c:
                    c["visitor"] = s
                    for m in c["messages"][f["after"]:]:
                        s.send(type="message", message=m)
            elif f["type"] == "start":
                c = self.open(visitor, s)
                s.send(type="ack", client_id=f["client_id"], conversation=c["id"], seq=0)
                self.route()
            elif f["type"] == "send":
                self.sends += 1
                if self.o.limit_every and self.sends % self.o.limit_every == 0:
                    s.send(type="error", code="limit", client_id=f["client_id"], retry_after_ms=50)
                    continue
                c = visitor["conversation"] or self.open(visitor, s)
                seq = c["ids"].get(f["client_id"]) or self.add(c, "customer", f["text"], f["client_id"])
                s.send(type="ack", client_id=f["client_id"], conversation=c["id"], seq=seq)
                self.route()

    async def desk(self, s):
        while True:
            opcode, payload, _ = await ws.read_frame(s.reader)
            if opcode == ws.CLOSE:
                return
            f = json.loads(payload)
            if f["type"] == "hello":
                s.send(type="welcome", me={"id": "7", "status": "offline", "open": 0})
                self.agents.append(s)
                for c in self.conversations.values():
                    if c["assigned"] and c["status"] != "closed":
                        s.send(type="conversation", row=self.row(c))
                self.route()
            elif f["type"] == "watch":
                for m in self.conversations[f["conversation"]]["messages"][f["after"]:]:
                    s.send(type="message", message=m)
                s.send(type="presence", conversation=f["conversation"], users=[{"id": "7", "name": "toy", "typing": ""}])
            elif f["type"] == "send":
                c = self.conversations[f["conversation"]]
                level = "block" if self.o.block and self.o.block in f["text"] else \
                    "warn" if self.o.warn and self.o.warn in f["text"] and not f.get("guard_seen") else None
                if level:
                    s.send(type="guard", client_id=f["client_id"], conversation=c["id"], level=level,
                           hits=[{"rule": "r1", "level": level}])
                    continue
                seq = c["ids"].get(f["client_id"]) or self.add(c, "agent", f["text"], f["client_id"])
                s.send(type="ack", client_id=f["client_id"], conversation=c["id"], seq=seq)

    def close(self, id):
        c = self.conversations[id]
        if c["status"] == "closed":
            return {"conversation": self.row(c)}
        c["status"] = "closed"
        self.add(c, "system", "conversation.closed")
        self.route()
        return {"conversation": self.row(c)}

    async def http(self, reader, writer):
        s = None
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = head.split("\r\n")
            method, path, _ = lines[0].split(" ")
            headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:] if ":" in line)}
            if headers.get("upgrade") == "websocket":
                writer.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Accept: %s\r\n\r\n" % ws.accept_key(headers["sec-websocket-key"])).encode())
                s = Socket(reader, writer)
                await (self.desk(s) if path == "/api/ws" else self.widget(s))
                return
            body = json.loads(await reader.readexactly(int(headers.get("content-length", "0"))) or b"{}")
            extra = ""
            if path == "/api/login":
                answer = {"user": {"id": "7"}, "csrf": "c"}
                extra = "Set-Cookie: zx_session=s; HttpOnly\r\n"
            elif path == "/api/widget/session":
                token = "t" + self.id()
                self.visitors[token] = {"title": body["page"]["title"], "token": token, "conversation": None}
                if self.keep:
                    self.keep.save("INSERT INTO visitor VALUES (?, ?, NULL)", token, body["page"]["title"])
                    self.keep.commit()
                answer = {"token": token}
            elif path in ("/healthz", "/metrics"):
                answer = None
            else:
                answer = self.close(path.split("/")[3])
            text = json.dumps(answer).encode() if answer else b'zhixin_follower_lag{follower="toy"} 0\n'
            writer.write(("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n" % (extra, len(text))).encode() + text)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if s in self.agents:
                self.agents.remove(s)
            for c in self.conversations.values():
                if s and c["visitor"] is s:
                    c["visitor"] = None
            writer.close()

    def export(self, path):
        with open(path, "w", encoding="utf-8") as f:
            for c in self.conversations.values():
                turns = [{"role": {"customer": "user"}.get(m["role"], m["role"]), "text": m["text"], "seq": m["seq"]}
                         for m in c["messages"]]
                f.write(json.dumps({"id": c["id"], "external": c["title"], "turns": turns}, ensure_ascii=False) + "\n")


async def main():
    p = argparse.ArgumentParser()
    p.add_argument("--capacity", type=int, default=3)
    p.add_argument("--limit-every", type=int, default=0)
    p.add_argument("--warn")
    p.add_argument("--block")
    p.add_argument("--export")
    p.add_argument("--db")
    p.add_argument("--lie", action="store_true")
    p.add_argument("--port", type=int, default=0)
    o = p.parse_args()
    desk = Desk(o)
    server = await asyncio.start_server(desk.http, "127.0.0.1", o.port)
    print(server.sockets[0].getsockname()[1], flush=True)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    if o.export:
        desk.export(o.export)
    os._exit(0)


asyncio.run(main())

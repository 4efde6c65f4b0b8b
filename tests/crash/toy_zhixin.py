#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the program, to test the crash test: the toy desk on a SQLite file, killed and restarted like the real one.

TOY_REPLAY names the replay program. TOY_LIE=1: it acknowledges before it has kept; the crash test must notice.
"""
import json
import os
import sqlite3
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def option(name):
    return sys.argv[sys.argv.index(name) + 1]


def export(path):
    db = sqlite3.connect(path)
    for id, title in db.execute("SELECT id, title FROM conversation").fetchall():
        turns = [{"role": {"customer": "user"}.get(role, role), "text": text, "seq": seq} for seq, role, text in
                 db.execute("SELECT seq, role, text FROM message WHERE conversation_id = ? ORDER BY seq", (id,))]
        print(json.dumps({"id": id, "external": title, "turns": turns}, ensure_ascii=False))


command = sys.argv[1]
if command == "replay":
    os.execv(os.environ["TOY_REPLAY"], sys.argv[1:])
folder = option("--data")
os.makedirs(folder, exist_ok=True)
database = os.path.join(folder, "zhixin.db")
if command == "serve":
    port = option("--listen").rsplit(":", 1)[1]
    args = [sys.executable, os.path.join(HERE, "..", "replay", "fake_desk.py"), "--db", database, "--port", port, "--capacity", "6"]
    os.execv(sys.executable, args + (["--lie"] if os.environ.get("TOY_LIE") else []))
elif command == "export":
    export(database)
elif command == "doctor":
    print(json.dumps({"parked_events": 0}))

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line beside a running desk: export, backup and restore, migrate, doctor, analyse."""
import glob
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from story import equal, expect, main, story

import desk

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "replay"))
import compare_export  # noqa: E402
import rows as fixture  # noqa: E402


class Place:
    """A data folder with its database: the server's own, or one to restore into."""

    def __init__(self, w, name=None):
        self.binary, self.postgres = w.server.binary, w.database == "postgres"
        self.folder = w.server.folder if name is None else os.path.join(w.server.folder, name)
        self.data = os.path.join(self.folder, "data")
        self.url = w.server.database
        self.env = dict(os.environ)
        os.makedirs(self.folder, exist_ok=True)
        if self.postgres:
            self.bin = desk.Postgres.find_bin()
            self.env["PATH"] = self.bin + os.pathsep + self.env["PATH"]
            self.at = urllib.parse.urlsplit(self.url)
            if name is not None:
                self.tool("createdb", name)
                self.url = self.url.rsplit("/", 1)[0] + "/" + name

    def tool(self, program, *args):
        r = subprocess.run([os.path.join(self.bin, program), "-h", "127.0.0.1", "-p", str(self.at.port), "-U", "zhixin"] + list(args),
                           capture_output=True, text=True)
        expect(r.returncode == 0, r.stderr)
        return r.stdout

    def options(self):
        return ["--data", self.data] + (["--database", self.url] if self.postgres else [])

    def run(self, *args, stdin=None):
        return subprocess.run([self.binary] + list(args) + self.options(), capture_output=True, text=True, input=stdin, env=self.env,
                              timeout=120)

    def ok(self, *args):
        r = self.run(*args)
        expect(r.returncode == 0, "%s: exit %d\n%s" % (" ".join(args), r.returncode, r.stderr[-2000:]))
        return r.stdout

    def json(self, *args):
        return json.loads(self.ok(*args))

    def refused(self, code, *args):
        r = self.run(*args)
        expect(r.returncode == 1 and "(%s)" % code in r.stderr, "%s: exit %d, wanted %s\n%s" % (" ".join(args), r.returncode, code, r.stderr[-2000:]))

    def export(self, *args):
        return [json.loads(line) for line in self.ok("export", "conversations", *args).splitlines()]

    def sql(self, *statements):
        if self.postgres:
            for s in statements:
                self.tool("psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", s, self.url.rsplit("/", 1)[1])
            return
        db = sqlite3.connect(os.path.join(self.data, "zhixin.db"))
        with db:
            for s in statements:
                db.execute(s)
        db.close()


def play(w, n, name, seed=7):
    """Plays conversations through the desk; gives them."""
    played = list(fixture.conversations(n, name, seed))
    path = os.path.join(w.server.folder, name + ".jsonl")
    fixture.write(path, played)
    r = subprocess.run([w.server.binary, "replay", "--url", w.server.url, "--connections", "8", path], capture_output=True, text=True)
    expect(r.returncode == 0, r.stdout + r.stderr[-2000:])
    return played


def tree(folder):
    """Every file below with its bytes."""
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(root, name), "rb") as f:
                found[os.path.relpath(os.path.join(root, name), folder)] = f.read()
    return found


def same(wanted, exported):
    faults = []
    result = compare_export.compare(wanted, exported, False, faults.append)
    expect(not result["faults"] and result["compared"] == len(wanted), faults[:5])


@story
def an_export_is_what_was_said(w):
    here = Place(w)
    same(play(w, 30, "said"), here.export())
    for row in here.export():
        expect(row["status"] == "closed" and row["closed_at"] >= row["created_at"] and row["close_reason"], row)
        for t in row["turns"]:
            expect(t["role"] in ("user", "agent", "robot", "system") and t["at"] > row["created_at"] - 5000, t)
            expect(t["role"] != "user" or (t["emotion"] and t["intents"][0]["code"]), t)


@story
def an_export_leaves_out_what_is_not_for_it(w):
    here = Place(w)
    a, v = w.online("xiaoyu"), w.visitor()
    c = v.say("在吗")["conversation"]
    a.ws.message("在吗")
    recalled = v.say("这句我收回")["seq"]
    a.ws.message("这句我收回")
    v.ws.send(type="recall", seq=recalled)
    v.ws.wait("recalled")
    equal(a.say(c, "悄悄话：老客户", kind="note")["type"], "ack")
    equal(a.say(c, "在的，您说。")["type"], "ack")

    def turns(*args):
        rows = [r for r in here.export(*args) if r["id"] == c]
        return [(t["role"], t["kind"], t["text"]) for t in rows[0]["turns"] if t["role"] != "system"] if rows else None
    equal(turns(), [("user", "text", "在吗"), ("user", "text", ""), ("agent", "text", "在的，您说。")])
    expect(("agent", "note", "悄悄话：老客户") in turns("--notes"), turns("--notes"))
    row = next(r for r in here.export() if r["id"] == c)
    iso = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(row["created_at"] / 1000)) + ".%03dZ" % (row["created_at"] % 1000)
    expect(turns("--from", iso) and turns("--from", str(row["created_at"])))
    equal(turns("--to", iso), None)
    equal(turns("--from", str(row["created_at"] + 1)), None)
    equal(turns("--from", "2099-01-01"), None)
    equal(here.run("export", "conversations", "--from", "2026-02-30").returncode, 2)
    equal(here.run("export", "everything").returncode, 2)


@story
def a_backup_beside_traffic_is_whole(w):
    here, there = Place(w), Place(w, "there")
    play(w, 10, "before")
    uploads = os.path.join(here.data, "uploads", "ab")
    os.makedirs(uploads, exist_ok=True)
    with open(os.path.join(uploads, "1"), "wb") as f:
        f.write(os.urandom(100000))
    played, faults = [], []

    def traffic():
        try:
            played.extend(play(w, 120, "during", 9))
        except Exception as e:
            faults.append(e)
    thread = threading.Thread(target=traffic)
    thread.start()
    while not any(r["external"].startswith("during-") for r in here.export()) and thread.is_alive():
        time.sleep(0.05)
    backup = os.path.join(w.server.folder, "backup")
    told = here.json("backup", backup)
    still = thread.is_alive()
    thread.join()
    expect(not faults, faults)
    expect(still, "the traffic was over before the backup: it proves nothing")
    here.refused("backup.not_empty", "backup", backup)
    with open(os.path.join(backup, "manifest.json"), encoding="utf-8") as f:
        manifest = json.load(f)
    equal(sorted(f["path"] for f in manifest["files"]), sorted(set(tree(backup)) - {"manifest.json"}))
    restored = there.json("restore", backup)
    equal((restored["kept"], restored["conversations"]), (None, told["conversations"]))
    equal(tree(os.path.join(there.data, "uploads")), tree(os.path.join(here.data, "uploads")))
    full = {r["id"]: r["turns"] for r in here.export("--notes")}
    copy = {r["id"]: r["turns"] for r in there.export("--notes")}
    expect(0 < len(copy) < len(full), (len(copy), len(full)))
    for id_, turns in copy.items():
        equal(turns, full[id_][:len(turns)])
    messages = sum(len(t) for t in copy.values())
    if manifest["counts_exact"]:
        equal((len(copy), messages), (manifest["counts"]["conversations"], manifest["counts"]["messages"]))
    else:
        expect(len(copy) >= manifest["counts"]["conversations"] and messages >= manifest["counts"]["messages"], manifest["counts"])
    equal(there.json("doctor", "--json")["problems"], [])
    # and it serves
    server = desk.Server(w.server.binary, there.folder, there.url if there.postgres else None)
    expect(server.start(), server.log_tail())
    equal(server.stop(), 0)
    same([r for r in played if r["id"] in {x["external"] for x in here.export()}], here.export())


@story
def a_damaged_backup_changes_nothing(w):
    here, there = Place(w), Place(w, "damaged")
    backup = os.path.join(w.server.folder, "whole")
    here.ok("backup", backup)
    name = "zhixin.dump" if here.postgres else "zhixin.db"
    bad = os.path.join(w.server.folder, "bad")

    def spoil(how):
        shutil.rmtree(bad, ignore_errors=True)
        shutil.copytree(backup, bad)
        how(os.path.join(bad, name))
        os.makedirs(there.data, exist_ok=True)
        with open(os.path.join(there.data, "mine"), "w", encoding="utf-8") as f:
            f.write("x")

    def flip(path):
        with open(path, "r+b") as f:
            f.seek(os.path.getsize(path) // 2)
            byte = f.read(1)
            f.seek(-1, 1)
            f.write(bytes([byte[0] ^ 1]))
    for how, code in ((flip, "backup.damaged"), (lambda p: os.truncate(p, 1000), "backup.damaged"), (os.remove, "file.absent"),
                      (lambda p: os.remove(os.path.join(bad, "manifest.json")), "backup.none")):
        spoil(how)
        there.refused(code, "restore", bad)
        equal(set(tree(there.folder)) - {"data/zhixin.lock"}, {"data/mine"})
    spoil(lambda p: None)
    with open(os.path.join(bad, "manifest.json"), encoding="utf-8") as f:
        manifest = json.load(f)
    manifest["files"].append(dict(manifest["files"][0], path="../outside"))
    with open(os.path.join(bad, "manifest.json"), "w", encoding="utf-8") as f:
        json.dump(manifest, f)
    there.refused("backup.manifest", "restore", bad)
    there.ok("restore", backup)


@story
def a_restore_keeps_what_was_there(w):
    here, there = Place(w), Place(w, "kept")
    first, second = (os.path.join(w.server.folder, n) for n in ("first", "second"))
    here.ok("backup", first)
    here.refused("store.not_empty" if here.postgres else "store.locked", "restore", first)
    there.ok("restore", first)
    play(w, 5, "later")
    here.ok("backup", second)
    before = tree(there.data)
    if there.postgres:
        there.refused("store.not_empty", "restore", second)
        equal(tree(there.data), before)
        equal(glob.glob(there.data + ".before-restore-*"), [])
        single = os.path.join(there.folder, "before-0009_x-1.dump")  # as an upgrade leaves it
        shutil.copy(os.path.join(first, "zhixin.dump"), single)
        alone = Place(w, "alone")
        alone.ok("restore", single)
        equal([r["turns"] for r in alone.export()], [r["turns"] for r in there.export()])
        return
    kept = there.json("restore", second)["kept"]
    equal([kept], glob.glob(there.data + ".before-restore-*"))
    equal(tree(kept), {k: v for k, v in before.items() if k != "zhixin.lock"})
    expect(sum(r["external"].startswith("later-") for r in there.export()) == 5)
    # one file, as an upgrade leaves it: only the database goes back
    single = os.path.join(there.data, "backups", "before-0009_x-1.db")
    os.makedirs(os.path.dirname(single))
    shutil.copy(os.path.join(first, "zhixin.db"), single)
    there.ok("restore", single)
    expect(not any(r["external"].startswith("later-") for r in there.export()))
    expect(os.path.exists(single) and os.path.exists(os.path.join(there.data, "secret.key")))


@story
def a_newer_schema_is_refused(w):
    here, there = Place(w), Place(w, "newer")
    told = here.json("migrate")
    expect(told["applied"] and not told["pending"], told)
    equal(here.json("migrate", "--show"), told)
    backup = os.path.join(w.server.folder, "for_newer")
    here.ok("backup", backup)
    there.ok("restore", backup)
    there.sql("INSERT INTO schema_migration (number, name, checksum, applied_at) VALUES (9999, '9999_tomorrow', 'x', 1)")
    for command in (("migrate",), ("migrate", "--show"), ("doctor",), ("export", "conversations"), ("backup", os.path.join(there.folder, "no"))):
        there.refused("store.newer_schema", *command)
    r = there.run("serve", "--listen", "127.0.0.1:0")
    expect(r.returncode == 1 and "store.newer_schema" in r.stderr, r.stderr)
    there.sql("DELETE FROM schema_migration WHERE number >= 3")
    told = there.json("migrate", "--show")
    expect([m["number"] for m in told["pending"]][:1] == [3], told)
    there.refused("store.older_schema", "doctor")
    empty = Place(w, "empty")
    if empty.postgres:
        expect(empty.json("migrate", "--show")["applied"] == [])
        expect(empty.json("migrate")["pending"] == [])
    else:
        empty.refused("store.open", "migrate")  # a mistyped folder does not become a database


@story
def a_doctor_finds_what_is_wrong(w):
    here, there = Place(w), Place(w, "ill")
    play(w, 3, "ill")
    report = here.json("doctor")
    expect(report["ok"] and report["server_running"] and report["problems"] == [], report)
    equal(report["counts"]["conversations"], len(here.export()))
    backup = os.path.join(w.server.folder, "for_ill")
    here.ok("backup", backup)
    there.ok("restore", backup)
    r = there.run("doctor", "--json")
    expect(r.returncode == 0 and not r.stderr and not json.loads(r.stdout)["server_running"], r.stdout + r.stderr)
    there.sql("DELETE FROM message WHERE seq = 2 AND conversation_id = (SELECT min(id) FROM conversation WHERE last_seq > 3)",
              "INSERT INTO parked_event (follower, xid, position, kind, code, detail, parked_at) VALUES ('f', 1, 1, 'a.b.1', 'x', 'y', 1)",
              "INSERT INTO file (id, shop_id, name, type, bytes, width, height, link_key, used, created_at) "
              "VALUES (77, 1, 'a', 'image/png', 1, 1, 1, 'k', 1, 1)")
    r = there.run("doctor")
    report = json.loads(r.stdout)
    expect(r.returncode == 1 and not report["ok"], r.stdout)
    equal((report["gaps"], report["parked_events"], report["files_missing"], len(report["problems"])), (1, 1, 1, 3))
    expect(r.stderr.count("PROBLEM") == 3, r.stderr)


@story
def analyse_answers_line_for_line(w):
    def analyse(lines, *args):
        r = subprocess.run([w.server.binary, "analyse"] + list(args), input=lines, capture_output=True)
        equal(r.returncode, 0)
        return [json.loads(line) for line in r.stdout.decode().split("\n")[:-1]]
    good = {"turns": [{"role": "user", "text": "😤怎么还没发货？？订单 123456789"}, {"role": "agent", "text": "不行，没办法"}, {"role": "user", "text": ""}]}
    line = json.dumps(good, ensure_ascii=False).encode()
    bad = [b"", b"nonsense", b"[]", b'{"turns":[{"role":"boss","text":"x"}]}', b'{"turns":[{"role":"user"}]}', b'{"turns":"x"}', b'{"turns":[{"role":"user","text":"\xff"}]}',
           b"[" * 100, b'{"turns":[],"x":"' + b"y" * (5 << 20) + b'"}']
    out = analyse(b"\n".join([line] + bad + [line]))  # the last one without its end
    equal(len(out), len(bad) + 2)
    for i, row in enumerate(out[1:-1]):
        expect(set(row) == {"error"} and row["error"]["code"] and row["error"]["line"] == i + 2, row)
    equal(out[0], out[-1])
    user, agent, silent = out[0]["turns"]
    equal(set(user), {"emotion", "intensity", "intents", "stage", "slots", "evidence"})
    equal(set(agent), {"acts", "faults", "commitments", "evidence"})
    equal((user["emotion"] in ("anxious", "angry"), user["slots"]["order_no"], silent["emotion"]), (True, "123456789", "calm"))
    equal((agent["faults"], agent["commitments"]), (["blunt_refusal"], []))
    expect(0 < len(agent["acts"]) <= 4, agent)
    for turn, said in ((user, good["turns"][0]), (agent, good["turns"][1])):
        expect(turn["evidence"])
        for e in turn["evidence"]:  # spans count code points, also behind an emoji
            equal(said["text"][e["start"]:e["end"]], e["text"])
    equal(analyse(b""), [])
    equal(analyse(b'{"turns":[]}\n'), [{"turns": []}])
    content = os.path.join(HERE, "..", "..", "content")
    equal(analyse(line, "--model", content), [out[0]])
    equal(subprocess.run([w.server.binary, "analyse", "--model", "/nowhere"], input=b"", capture_output=True).returncode, 1)
    # each answer comes before the next question
    p = subprocess.Popen([w.server.binary, "analyse"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for _ in range(3):
        p.stdin.write(line + b"\n")
        p.stdin.flush()
        equal(json.loads(p.stdout.readline()), out[0])
    p.stdin.close()
    equal(p.wait(10), 0)


@story
def the_understanding_is_trained_and_measured(w):
    def run(*args):
        return subprocess.run([w.server.binary] + list(args), capture_output=True)
    folder = tempfile.mkdtemp(prefix="zhixin-train-")
    try:
        talk = os.path.join(folder, "t.txt")
        with open(talk, "w", encoding="utf-8") as f:
            for i in range(60):
                f.write("== T%03d presale\nc calm0 stock pre | %s还有货吗%d\na answer_fact | 有的%d件\n" % (i, "红蓝黑白"[i % 4], i, i))
                f.write("== R%03d aftersale\nc angry2 complaint after | 太差了我要投诉%d\na apologise,promise | 抱歉 马上给您处理%d | 处理 @\n" % (i, i, i))
        models = [os.path.join(folder, name) for name in ("a.zxm", "b.zxm")]
        for model in models:
            r = run("train", "--corpus", folder, "--out", model, "--epochs", "3")
            equal(r.returncode, 0)
            report = json.loads(r.stdout)
            equal((report["talks"], report["customer_messages"], report["agent_messages"]), (120, 120, 120))
        equal(open(models[0], "rb").read(), open(models[1], "rb").read())  # the same bytes
        r = run("eval", "--json", "--model", models[0], talk)
        equal(r.returncode, 0)
        seen = json.loads(r.stdout)
        expect(seen["trained"]["measures"]["intent"]["first_in_labelled"] > 0.9, seen)
        expect(seen["trained"]["model"].startswith("linear-") and seen["rules"]["model"].startswith("rules-"), seen)
        damaged = bytearray(open(models[0], "rb").read())
        damaged[len(damaged) // 2] ^= 1
        with open(models[1], "wb") as f:
            f.write(damaged)
        r = run("eval", "--model", models[1], talk)
        expect(r.returncode == 1 and b"nlu.model_damaged" in r.stderr, r.stderr)
        with open(talk, "w", encoding="utf-8") as f:
            f.write("== T001 presale\nc calm0 stock soon | 还有货吗\n")
        r = run("train", "--corpus", folder, "--out", models[1])
        expect(r.returncode == 1 and b"t.txt line 2" in r.stderr, r.stderr)
        equal((run("eval").returncode, run("train", "--cost-agent", "x").returncode), (2, 2))
    finally:
        shutil.rmtree(folder)


sys.exit(main())

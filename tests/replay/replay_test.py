#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the judge: does `zhixin replay` see what it must see?  replay_test.py REPLAY_COMMAND…

Against the toy desk (fake_desk.py), through the proxy that drops, doubles, swaps and cuts (chaos_proxy.py). With
--server URL the same proxy faults are run against a real server instead. Each fault must be reported under its own name
with exit 1, and a run without fault must be clean.
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import compare_export  # noqa: E402

ROWS = [
    {"id": "row-%d" % i, "turns": [
        {"role": "user", "text": "您好，第%d单到哪里了？" % i},
        {"role": "user", "text": "急 \"quoted\" \\ back\tslash 😀 %d" % i},
        {"role": "user", "text": "在吗"},
        {"role": "agent", "text": "您好，我来看看。"},
        {"role": "agent", "text": "已经到本市了，今天送到。"},
        {"role": "user", "text": "好的"},
        {"role": "user", "text": "那我等着"},
        {"role": "user", "text": "谢谢"},
        {"role": "agent", "text": "祝您愉快"},
    ]} for i in range(12)] + [
    {"id": "agent-first", "turns": [{"role": "agent", "text": "您好，请问需要什么帮助？"}, {"role": "user", "text": "没有"}]}]
TURNS = sum(len(r["turns"]) for r in ROWS)

# (fault of the proxy, key of the summary that must count it, further options)
FAULTS = [
    ("drop:down:desk:message/customer=好的:2", "lost", []),
    ("drop:down:widget:message/agent:9", "lost", []),
    ("drop:down:widget:ack:4", "lost", []),
    ("drop:down:desk:ack:4", "lost", []),
    ("drop:up:widget:send:5", "lost", []),
    ("drop:up:desk:send:3", "lost", []),
    ("double:down:desk:message/customer=好的:2", "duplicated", []),
    ("double:down:widget:message/agent:9", "duplicated", []),
    ("double:down:widget:ack:4", "duplicated", []),
    ("double:up:widget:send:6", "duplicated", []),
    ("double:up:desk:send:6", "duplicated", []),
    ("swap:down:desk:message/customer=好的:2", "out_of_order", ["--pipeline", "4"]),
    ("swap:down:widget:message/agent=您好，我来看看。:2", "out_of_order", ["--pipeline", "4"]),
    ("swap:up:widget:send:1", "out_of_order", ["--pipeline", "4"]),
    ("swap:up:desk:send:1", "out_of_order", ["--pipeline", "4"]),
]
# Cut connections are weather, not faults: replay resumes and must end clean.
WEATHER = [
    (["cut:up:widget:send:every:11"], "reconnects"),
    (["cut:down:widget:ack:every:9"], "reconnects"),
    (["cut:down:desk:message:every:25"], "reconnects"),
    (["cut:up:desk:send:every:15", "cut:down:widget:message:every:17"], "reconnects"),
]


class Child:
    def __init__(self, command):
        self.p = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(self.p.stdout.readline())

    def stop(self):
        self.p.terminate()
        out = self.p.stdout.read()
        self.p.wait()
        return out


def toy(*options):
    return Child([sys.executable, os.path.join(HERE, "fake_desk.py")] + list(options))


def proxy(port, faults):
    return Child([sys.executable, os.path.join(HERE, "chaos_proxy.py"), "--to", "127.0.0.1:%d" % port] + faults)


class Tests:
    def __init__(self, command, server):
        self.command, self.server = command, server
        self.passed = self.failed = 0
        self.folder = tempfile.TemporaryDirectory()
        self.input = os.path.join(self.folder.name, "rows.jsonl")
        with open(self.input, "w", encoding="utf-8") as f:
            for row in ROWS:
                f.write(json.dumps(row, ensure_ascii=False) + "\n")

    def replay(self, port, *options):
        r = subprocess.run(self.command + ["--url", "http://127.0.0.1:%d" % port, "--wait", "2", "--connections", "3"]
                           + list(options), capture_output=True, text=True, timeout=180)
        return r.returncode, r.stdout, r.stderr

    def check(self, name, ok, detail=""):
        self.passed += ok
        self.failed += not ok
        print("%s %s%s" % ("ok  " if ok else "FAIL", name, "" if ok else ": " + str(detail)), flush=True)

    def played(self, name, faults, options, judge):
        desk = None if self.server else toy()
        p = proxy(self.server or desk.port, faults)
        code, out, err = self.replay(p.port, *options, self.input)
        done = p.stop()
        if desk:
            desk.stop()
        try:
            summary = json.loads(out)
        except ValueError:
            summary = {}
        self.check(name, bool(summary) and judge(code, summary, done), (code, out, done, err[-1500:]))

    def proxied(self):
        clean = ("lost", "duplicated", "out_of_order", "blocked", "refused")
        self.played("no fault is clean", [], [], lambda code, s, done: code == 0 and s["sent"] == s["acked"] == TURNS
                    and s["conversations"] == len(ROWS) and not any(s[k] for k in clean))
        for fault, key, options in FAULTS:
            self.played("%s is reported as %s" % (fault, key), [fault], options,
                        lambda code, s, done, key=key: code == 1 and s[key] >= 1 and '"did"' in done and "not swapped" not in done)
        for faults, key in WEATHER:
            self.played("%s is survived" % " ".join(faults), faults, [],
                        lambda code, s, done, key=key: code == 0 and s[key] >= 1 and s["acked"] == TURNS)

    def toys(self):
        """What only the toy desk can be told to do."""
        export = os.path.join(self.folder.name, "export.jsonl")
        journal = os.path.join(self.folder.name, "journal")
        desk = toy("--export", export, "--limit-every", "5", "--warn", "愉快")
        code, out, err = self.replay(desk.port, "--journal", journal, "--rate", "2000", self.input)
        desk.stop()
        s = json.loads(out)
        self.check("told to wait, it waits and sends again", code == 0 and s["retries"] >= 5, (out, err))
        self.check("a warned agent presses Enter again", s["guard_warned"] == 12, out)
        with open(journal, encoding="utf-8") as f:
            lines = [json.loads(line) for line in f]
        self.check("the journal has each acknowledgement once",
                   len(lines) == TURNS and len({j["client_id"] for j in lines}) == TURNS, len(lines))
        faults = []
        with open(export, encoding="utf-8") as f:
            kept = [json.loads(line) for line in f]
        self.check("the comparison is clean", compare_export.compare(ROWS, kept, False, faults.append)["faults"] == 0, faults)
        self.compare(kept)
        desk = toy("--block", "本市")
        code, out, err = self.replay(desk.port, self.input)
        desk.stop()
        s = json.loads(out)
        self.check("a blocked text is an error", code == 1 and s["blocked"] == 12 and s["lost"] == 0, (out, err))
        code, out, err = self.replay(1, "--wait", "1", self.input)
        self.check("no server is an error with a summary", code == 1 and json.loads(out)["acked"] == 0, (code, out, err))

    def compare(self, kept):
        def broken(change):
            copy = json.loads(json.dumps(kept))
            change(copy)
            return compare_export.compare(ROWS, copy, False, lambda t: None)["faults"]

        def first_turn(copy, **change):
            next(t for t in copy[0]["turns"] if t["role"] == "user").update(change)
        self.check("comparison: one byte more", broken(lambda c: first_turn(c, text=ROWS[0]["turns"][0]["text"] + " ")) > 0)
        self.check("comparison: another role", broken(lambda c: first_turn(c, role="agent")) > 0)
        self.check("comparison: a row is missing", broken(lambda c: c.pop()) > 0)
        self.check("comparison: a row is there twice", broken(lambda c: c.append(c[0])) > 0)
        self.check("comparison: a turn is there twice", broken(lambda c: c[0]["turns"].append(c[0]["turns"][1])) > 0)
        self.check("comparison: two turns swapped", broken(lambda c: c[0]["turns"].insert(0, c[0]["turns"].pop(1))) > 0)

    def usage(self):
        r = subprocess.run(self.command, capture_output=True, text=True)
        self.check("no file: usage, exit 2", r.returncode == 2 and r.stdout == "", r)
        r = subprocess.run(self.command + ["--connections", "0", self.input], capture_output=True, text=True)
        self.check("a bad number: exit 2", r.returncode == 2, r)
        r = subprocess.run(self.command + [os.path.join(self.folder.name, "none")], capture_output=True, text=True)
        self.check("no such file: exit 1", r.returncode == 1 and r.stdout == "", r)


def main():
    args = sys.argv[1:]
    server = None
    if "--server" in args:
        at = args.index("--server")
        server = int(args[at + 1].rsplit(":", 1)[1])
        del args[at:at + 2]
    t = Tests(args, server)
    t.usage()
    t.proxied()
    if not server:
        t.toys()
    print("%d passed, %d failed" % (t.passed, t.failed))
    sys.exit(1 if t.failed or not t.passed else 0)


main()

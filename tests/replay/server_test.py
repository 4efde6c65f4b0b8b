#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""zhixin replay against the real server, on one database: clean, kept byte for byte, and faults on the wire still seen.

    server_test.py --zhixin PATH [--database sqlite|postgres] [--file FILE.jsonl[.gz]] [--connections N]
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "crash"))
import compare_export  # noqa: E402
import desk  # noqa: E402
import rows as fixture  # noqa: E402


class Tests:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, ok, detail=""):
        self.passed += bool(ok)
        self.failed += not ok
        print("%s %s%s" % ("ok  " if ok else "FAIL", name, "" if ok else ": %s" % (detail,)), flush=True)
        return ok


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--zhixin", required=True)
    p.add_argument("--database", default="sqlite", choices=("sqlite", "postgres"))
    p.add_argument("--file")
    p.add_argument("--connections", default="8")
    o = p.parse_args()
    t = Tests()
    folder = tempfile.mkdtemp(prefix="zhixin-replay-")
    postgres = server = None
    try:
        postgres = desk.Postgres(folder) if o.database == "postgres" else None
        server = desk.Server(os.path.abspath(o.zhixin), folder, postgres.url if postgres else None)
        path = o.file
        if not path:
            path = os.path.join(folder, "rows.jsonl")
            fixture.write(path, fixture.conversations(60, "row", 7))
        wanted = list(compare_export.rows(path))
        turns = sum(len(r["turns"]) for r in wanted)
        server.start()
        with open(os.path.join(folder, "replay.log"), "wb") as log:
            r = subprocess.run([server.binary, "replay", "--url", server.url, "--connections", o.connections, path],
                               stdout=subprocess.PIPE, stderr=log, text=True)
        print(r.stdout.strip(), flush=True)
        s = json.loads(r.stdout or "{}")
        with open(os.path.join(folder, "replay.log"), encoding="utf-8") as log:
            told = log.read()[-1500:]
        t.check("%s: %d conversations are played clean" % (o.database, len(wanted)), r.returncode == 0, (r.stdout, told))
        t.check("%s: all %d turns were acknowledged" % (o.database, turns),
                s.get("conversations") == len(wanted) and s.get("acked") == s.get("sent") == turns, r.stdout)
        faults = []
        result = compare_export.compare(wanted, server.export(), False, faults.append)
        print(json.dumps(result), flush=True)
        t.check("%s: the export is the same byte for byte" % o.database, not result["faults"] and result["compared"], faults[:5])
        if not o.file:
            r = subprocess.run([sys.executable, os.path.join(HERE, "replay_test.py"), server.binary, "replay", "--server", server.url],
                               stdout=subprocess.PIPE, text=True)
            print("\n".join(r.stdout.splitlines()[:-1]), flush=True)  # its last line is summed into ours
            last = r.stdout.strip().splitlines()[-1].split() if r.stdout.strip() else ["0", "", "1"]
            t.passed += int(last[0])
            t.failed += int(last[2]) + (r.returncode != 0 and last[2] == "0")
        t.check("%s: the server stops cleanly" % o.database, server.stop() == 0, server.log_tail())
    finally:
        if server and server.process and server.process.poll() is None:
            server.kill()
        if postgres:
            postgres.stop()
        if t.failed:
            print("kept: %s" % folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print("%d passed, %d failed" % (t.passed, t.failed))
    sys.exit(1 if t.failed or not t.passed else 0)


main()

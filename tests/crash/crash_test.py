#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 during traffic: is anything acknowledged lost, doubled or out of place?

    crash_test.py --zhixin PATH [--fault-zhixin PATH] [--database sqlite|postgres|both] [--random N] [--seed S] [--keep]

zhixin replay plays conversations all the while (--tolerate-outage) and writes down each acknowledgement; its journal is
the truth. The server is killed at named points (a build with -Dfault=true, --fault-zhixin) and at N random moments, with
PostgreSQL the database too, and started again. In the end the journal is compared with `zhixin export conversations`,
the numbers of each conversation must have no gap, every follower must have taken every step, and what was played must be
there byte for byte. Prints one JSON line for each database; exit 1 on any fault.
"""
import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "replay"))
import checks  # noqa: E402
import compare_export  # noqa: E402
import desk  # noqa: E402
import rows as fixture  # noqa: E402

# point: a range for "the n-th time"
POINTS = {
    "after_write": (1, 120),
    "before_commit": (1, 80),
    "in_commit": (1, 80),
    "after_commit": (1, 80),
    "mid_follower": (1, 12),
    "mid_checkpoint": (1, 3),
}
ROUND_ROWS = 60
CONNECTIONS = 8


class Traffic(threading.Thread):
    """Replays round after round, each with new conversations, until told to stop; then finishes its round."""

    def __init__(self, binary, server, folder, seed):
        super().__init__()
        self.binary, self.server, self.folder, self.seed = binary, server, folder, seed
        self.journal = os.path.join(folder, "journal.jsonl")
        self.rows, self.summaries, self.faults = [], [], []
        self.enough = threading.Event()

    def run(self):
        number = 0
        while not self.enough.is_set() and not self.faults:
            number += 1
            played = list(fixture.conversations(ROUND_ROWS, "round%d" % number, self.seed + number))
            path = os.path.join(self.folder, "round.jsonl")
            fixture.write(path, played)
            with open(os.path.join(self.folder, "replay.log"), "ab") as log:
                r = subprocess.run([self.binary, "replay", "--url", self.server.url, "--connections", str(CONNECTIONS), "--journal",
                                    self.journal, "--tolerate-outage", "--wait", "30", path], stdout=subprocess.PIPE, stderr=log, text=True)
            self.rows += played
            try:
                summary = json.loads(r.stdout)
            except ValueError:
                summary = {}
            self.summaries.append(summary)
            if r.returncode != 0:
                self.faults.append("replay round %d: exit %d, %s" % (number, r.returncode, r.stdout.strip()))

    def acked(self):
        try:
            with open(self.journal, "rb") as f:
                return f.read().count(b"\n")
        except OSError:
            return 0


def wait_for_traffic(traffic, more, seconds=30):
    """Until so many more messages were acknowledged: a kill on a desk that does nothing proves nothing."""
    want = traffic.acked() + more
    end = time.monotonic() + seconds
    while time.monotonic() < end and traffic.is_alive():
        if traffic.acked() >= want:
            return True
        time.sleep(0.02)
    return False


def named_points(o, server, traffic, rng, note, on_postgres):
    for point, (low, high) in POINTS.items():
        if on_postgres and point == "mid_checkpoint":
            continue
        if point == "mid_follower" and not note["followers"]:
            print("note: this desk starts no followers, so none is killed in a step", file=sys.stderr)
            continue
        for turn in range(o.per_point):
            nth = rng.randint(low, high)
            server.binary = o.fault_zhixin
            server.start("%s:%d" % (point, nth))
            end = time.monotonic() + 90
            while server.process.poll() is None and time.monotonic() < end and traffic.is_alive():
                time.sleep(0.02)
            if server.process.poll() is None:
                server.kill()
                traffic.faults.append("point %s:%d was never reached" % (point, nth))
            elif server.process.returncode != -9:
                traffic.faults.append("point %s:%d: exit %d instead of a kill\n%s" % (point, nth, server.process.returncode, server.log_tail()))
            else:
                note["points"] += 1
                note["at_" + point] = note.get("at_" + point, 0) + 1
            if traffic.faults:
                return
    server.binary = o.zhixin


def random_moments(o, server, traffic, rng, note, postgres):
    for i in range(o.random):
        server.start()
        wait_for_traffic(traffic, rng.randint(1, 40))
        time.sleep(rng.random() * 0.05)
        if postgres and i % 5 == 4:
            postgres.kill()
            note["database_kills"] += 1
            time.sleep(rng.random() * 0.5)
            if rng.random() < 0.5:
                postgres.start()
                if not server.process.poll() is None:
                    traffic.faults.append("the server did not survive its database's restart: exit %s\n%s"
                                          % (server.process.returncode, server.log_tail()))
                    return
                wait_for_traffic(traffic, 5)
                server.kill()
            else:
                server.kill()
                postgres.start()
        else:
            server.kill()
        note["kills"] += 1
        if traffic.faults:
            return


def judge_journal(journal, exported, say):
    kept = {row["id"]: {t.get("seq"): t for t in row["turns"]} for row in exported}
    seen, lines = {}, 0
    with open(journal, encoding="utf-8") as f:
        for line in f:
            lines += 1
            j = json.loads(line)
            where = (j["conversation"], j["seq"])
            if seen.setdefault(j["client_id"], where) != where:
                say("client_id %s was acknowledged as %s and %s" % (j["client_id"], seen[j["client_id"]], where))
            turn = kept.get(j["conversation"], {}).get(j["seq"])
            if turn is None:
                say("acknowledged but not kept: conversation %s seq %d" % where)
            elif turn["role"] != j["role"] or hashlib.sha256(turn["text"].encode()).hexdigest() != j["sha256"]:
                say("acknowledged and kept with other content: conversation %s seq %d" % where)
    if len(set(seen.values())) != len(seen):
        say("one place was acknowledged for two messages")
    return lines


def one_database(o, name):
    folder = tempfile.mkdtemp(prefix="zhixin-crash-")
    postgres = desk.Postgres(folder) if name == "postgres" else None
    server = desk.Server(o.zhixin, folder, postgres.url if postgres else None)
    rng = random.Random(o.seed)
    note = {"database": name, "seed": o.seed, "points": 0, "kills": 0, "database_kills": 0}
    faults = []
    traffic = Traffic(o.zhixin, server, folder, o.seed)
    try:
        server.start()  # creates the demo shop
        time.sleep(0.5)  # followers enter themselves
        server.stop()
        note["followers"] = len(checks.followers(server))
        traffic.start()
        if o.fault_zhixin:
            named_points(o, server, traffic, rng, note, postgres is not None)
        if not traffic.faults:
            random_moments(o, server, traffic, rng, note, postgres)
        server.binary = o.zhixin
        if server.process.poll() is not None:
            server.start()
        traffic.enough.set()
        traffic.join(400)
        if traffic.is_alive():
            faults.append("the last round did not end")
        faults += traffic.faults
        faults += checks.followers_caught_up(server)
        if server.stop() != 0:
            faults.append("the server did not stop cleanly")
        exported = server.export()
        note["acknowledged"] = judge_journal(traffic.journal, exported, faults.append)
        # A round that ended badly is not compared turn by turn: its fault is told already.
        whole = [] if traffic.faults else traffic.rows
        note["compared"] = compare_export.compare(whole, exported, False, faults.append)["compared"]
        faults += checks.database(server, postgres)
    except Exception as e:  # told with the log, so that a failed night can be understood
        faults.append("%s: %s\n%s" % (type(e).__name__, e, server.log_tail()))
    finally:
        traffic.enough.set()
        if server.process and server.process.poll() is None:
            server.kill()
        if postgres:
            postgres.stop()
    for key in ("retries", "reconnects", "lost", "duplicated", "out_of_order"):
        note[key] = sum(s.get(key, 0) for s in traffic.summaries)
    note["slowest_start_s"] = round(server.slowest_start, 3)
    note["faults"] = len(faults)
    for fault in faults[:20]:
        print("FAULT %s: %s" % (name, fault), file=sys.stderr)
    print(json.dumps(note), flush=True)
    if faults or o.keep:
        print("kept: %s" % folder, file=sys.stderr)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return not faults


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--zhixin", required=True)
    p.add_argument("--fault-zhixin")
    p.add_argument("--database", default="both", choices=("sqlite", "postgres", "both"))
    p.add_argument("--random", type=int, default=20)
    p.add_argument("--per-point", type=int, default=2)
    p.add_argument("--seed", type=int, default=int(time.time()))
    p.add_argument("--keep", action="store_true")
    o = p.parse_args()
    o.zhixin = os.path.abspath(o.zhixin)
    o.fault_zhixin = o.fault_zhixin and os.path.abspath(o.fault_zhixin)
    names = ("sqlite", "postgres") if o.database == "both" else (o.database,)
    ok = [one_database(o, name) for name in names]
    sys.exit(0 if all(ok) else 1)


main()

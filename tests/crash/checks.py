# SPDX-License-Identifier: Apache-2.0
"""What must be true of the database after all those kills. Reads the tables themselves, not the program's word for it.

A check that finds nothing to look at is a fault: it must not pass because a name changed.
"""
import json
import os
import sqlite3
import subprocess
import time

# (what, statement that gives the broken rows)
BROKEN = [
    ("numbers of a conversation with a gap or double",
     "SELECT conversation_id, count(*), count(DISTINCT seq), min(seq), max(seq) FROM message GROUP BY conversation_id "
     "HAVING count(*) <> max(seq) OR min(seq) <> 1 OR count(DISTINCT seq) <> count(*)"),
    ("last_seq of a conversation is not its last message",
     "SELECT c.id, c.last_seq, m.top FROM conversation c JOIN (SELECT conversation_id, max(seq) AS top FROM message "
     "GROUP BY conversation_id) m ON m.conversation_id = c.id WHERE c.last_seq <> m.top"),
    ("one client_id stored twice",
     "SELECT conversation_id, client_id, count(*) FROM message WHERE client_id IS NOT NULL "
     "GROUP BY conversation_id, client_id HAVING count(*) > 1"),
    ("a message without its conversation",
     "SELECT m.conversation_id, m.seq FROM message m LEFT JOIN conversation c ON c.id = m.conversation_id WHERE c.id IS NULL"),
    ("a closed conversation that still runs a clock",
     "SELECT id, clock_kind FROM conversation WHERE status = 'closed' AND clock_kind IS NOT NULL"),
]


def followers(server):
    """Name and lag of each, as the database knows them; a desk without any has none to lose a step of."""
    r = subprocess.run([server.binary, "doctor", "--json"] + server.options(), capture_output=True, text=True, timeout=300)
    return {f["name"]: f["lag"] for f in json.loads(r.stdout)["followers"]}


def followers_caught_up(server, seconds=30):
    """Waits until every follower has taken every event."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        lags = followers(server)
        if not any(lags.values()):
            return []
        time.sleep(0.2)
    return ["followers did not catch up in %d s: %s" % (seconds, lags)]


def rows(server, postgres, sql):
    if postgres:
        return postgres.rows(sql)
    db = sqlite3.connect("file:%s?mode=ro" % os.path.join(server.folder, "data", "zhixin.db"), uri=True)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def database(server, postgres):
    """With the server stopped."""
    faults = []
    if int(rows(server, postgres, "SELECT count(*) FROM message")[0][0]) == 0:
        faults.append("there is no message at all")
    for what, sql in BROKEN:
        found = rows(server, postgres, sql)
        if found:
            faults.append("%s: %d, e.g. %s" % (what, len(found), found[:3]))
    if not postgres:
        said = rows(server, postgres, "PRAGMA integrity_check")
        if said != [("ok",)]:
            faults.append("integrity_check: %s" % said[:3])
    r = subprocess.run([server.binary, "doctor"] + server.options(), capture_output=True, text=True, timeout=300)
    try:
        report = json.loads(r.stdout)
    except ValueError:
        report = {}
    if r.returncode != 0 or not report:
        faults.append("doctor: exit %d, %s" % (r.returncode, (r.stdout + r.stderr)[-1500:]))
    elif report.get("parked_events", 1) != 0:
        faults.append("doctor: parked events: %s" % report.get("parked_events", "not told"))
    return faults

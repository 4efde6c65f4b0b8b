# SPDX-License-Identifier: Apache-2.0
"""Runs the stories of one file against one server on one database: `FILE_test.py --zhixin PATH --database sqlite|postgres`.

A story is a function that takes the World; it fails by raising. Stories of a file share a server, so each uses customers of
its own and leaves the agents offline. The last line is "N passed, N failed".
"""
import argparse
import os
import shutil
import sys
import tempfile
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "crash"))
import client  # noqa: E402
import desk  # noqa: E402

STORIES = []


def story(f):
    STORIES.append(f)
    return f


def expect(ok, why=""):
    if not ok:
        raise AssertionError(why)


def equal(have, want):
    if have != want:
        raise AssertionError("have %r, want %r" % (have, want))


def refused(f, status, code):
    """f is refused with this status and code; gives the error back."""
    try:
        answer = f()
    except client.Refused as e:
        if (e.status, e.code) != (status, code):
            raise AssertionError("refused with %d %s, wanted %d %s" % (e.status, e.body, status, code)) from None
        return e
    raise AssertionError("not refused: %r" % (answer,))


class World:
    def __init__(self, server, database):
        self.server, self.database = server, database
        self.people = []

    @property
    def port(self):
        return self.server.port

    def visitor(self, *args, **kw):
        v = client.Visitor(self.port, *args, **kw).open()
        self.people.append(v)
        return v

    def agent(self, user="xiaoyu", **hello):
        a = client.Agent(self.port, user).open(**hello)
        self.people.append(a)
        return a

    def online(self, user="xiaoyu"):
        a = self.agent(user)
        a.status("online")
        return a

    def http(self, user):
        h = client.Http(self.port)
        h.login(user)
        return h

    def tidy(self):
        """Every conversation closed, nobody online: the next story starts from an empty queue."""
        for p in self.people:
            try:
                if isinstance(p, client.Agent) and p.ws:
                    p.status("offline")
            except Exception:  # the story may have broken it
                pass
            p.close()
        self.people = []
        if not self.server.demo:
            return
        boss = self.http("zhuguan")
        for _ in range(20):
            rows = boss.get("/api/conversations?view=all&limit=100")["items"]
            if not rows:
                return
            for r in rows:
                boss.post("/api/conversations/%s/close" % r["id"], {"reason": "resolved"})


def main(demo=True):
    p = argparse.ArgumentParser()
    p.add_argument("--zhixin", required=True)
    p.add_argument("--database", default="sqlite", choices=("sqlite", "postgres"))
    p.add_argument("--only", help="stories whose name contains this")
    o = p.parse_args()
    folder = tempfile.mkdtemp(prefix="zhixin-story-")
    postgres = server = None
    passed = failed = 0
    try:
        postgres = desk.Postgres(folder) if o.database == "postgres" else None
        server = desk.Server(os.path.abspath(o.zhixin), folder, postgres.url if postgres else None)
        server.demo = demo
        server.start()
        w = World(server, o.database)
        for f in STORIES:
            if o.only and o.only not in f.__name__:
                continue
            try:
                f(w)
                w.tidy()
                passed += 1
                print("ok   %s: %s" % (o.database, f.__name__), flush=True)
            except Exception:
                failed += 1
                print("FAIL %s: %s" % (o.database, f.__name__), flush=True)
                traceback.print_exc(file=sys.stdout)
                try:
                    w.tidy()
                except Exception:
                    pass
        if server.stop() != 0:
            failed += 1
            print("FAIL the server did not stop cleanly\n" + server.log_tail())
    finally:
        if server and server.process and server.process.poll() is None:
            server.kill()
        if postgres:
            postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0

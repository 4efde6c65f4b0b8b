#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command with a PostgreSQL cluster of its own. `with_pg.py [--durable] [--skip-without] COMMAND [ARG…]`

The command finds the URL in ZHIXIN_TEST_PG, another one over TCP in ZHIXIN_TEST_PG_TCP, and PostgreSQL's programs first on
PATH. The exit status is the command's. --durable keeps fsync on. However this process ends, kill -9 too, the cluster goes.
Without PostgreSQL's programs it fails; with --skip-without it exits with 77 (skipped).
"""
import os
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def watchdog(url):
    """A process of its own that ends the cluster when our end of the pipe closes. Returns that end."""
    ours, theirs = os.pipe()
    if os.fork() == 0:
        try:
            os.setsid()
            os.close(theirs)
            for fd in (0, 1, 2):
                os.dup2(os.open(os.devnull, os.O_RDWR), fd)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            while os.read(ours, 1):
                pass
            os.execv("/bin/sh", ["sh", os.path.join(HERE, "pg_stop.sh"), url])
        finally:
            os._exit(1)
    os.close(ours)
    os.set_inheritable(theirs, False)
    return theirs


def read_line(path):
    with open(path, encoding="utf-8") as f:
        return f.readline().strip()


def main(args):
    start = ["sh", os.path.join(HERE, "pg_start.sh")]
    fast, skip = True, False
    while args and args[0].startswith("--"):
        option = args.pop(0)
        if option == "--durable":
            fast = False
        elif option == "--skip-without":
            skip = True
        else:
            print("with_pg: unknown option %s" % option, file=sys.stderr)
            return 2
    if not args:
        print(__doc__, file=sys.stderr)
        return 2
    made = subprocess.run(start + (["--fast"] if fast else []), stdout=subprocess.PIPE, text=True, timeout=180)
    if made.returncode != 0:
        return 77 if skip and not os.path.isdir("/usr/lib/postgresql") else 1
    url = made.stdout.strip()
    folder = url.split("host=")[1].split("&")[0]
    guard = watchdog(url)
    child = None
    try:
        env = dict(os.environ, ZHIXIN_TEST_PG=url, ZHIXIN_TEST_PG_TCP=read_line(os.path.join(folder, "url_tcp")),
                   PATH=read_line(os.path.join(folder, "bin")) + os.pathsep + os.environ.get("PATH", ""))
        try:
            child = subprocess.Popen(args, env=env)
        except OSError as e:
            print("with_pg: %s: %s" % (args[0], e.strerror), file=sys.stderr)
            return 127
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda n, _frame: child.send_signal(n))
        code = child.wait()
        return code if code >= 0 else 128 - code
    finally:
        if child and child.poll() is None:
            child.kill()
            child.wait()
        subprocess.run(["sh", os.path.join(HERE, "pg_stop.sh"), url], check=False, timeout=60)
        os.close(guard)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

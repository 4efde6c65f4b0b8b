# SPDX-License-Identifier: Apache-2.0
"""A desk under test: starts, kills and restarts one server on one data folder, on SQLite or PostgreSQL."""
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, binary, folder, database=None):
        self.binary, self.folder, self.database = binary, folder, database
        self.port = free_port()
        self.process = None
        self.log_path = os.path.join(folder, "server.log")
        self.demo = True
        self.starts = 0
        self.slowest_start = 0.0

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def options(self):
        return ["--data", os.path.join(self.folder, "data")] + (["--database", self.database] if self.database else [])

    def start(self, fault=None, wait=True):
        env = dict(os.environ)
        env.pop("ZHIXIN_FAULT", None)
        if fault:
            env["ZHIXIN_FAULT"] = fault
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--listen", "127.0.0.1:%d" % self.port] + (["--demo"] if self.demo else []) + self.options(),
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=env)
        self.starts += 1
        return self.wait_healthy() if wait else True

    def wait_healthy(self, seconds=30):
        """True: it answers; False: it died first (a fault may strike early)."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if self.process.poll() is not None:
                return False
            try:
                with urllib.request.urlopen(self.url + "/healthz", timeout=2) as r:
                    if r.status == 200:
                        self.slowest_start = max(self.slowest_start, time.monotonic() - began)
                        return True
            except OSError:
                pass
            time.sleep(0.02)
        raise RuntimeError("the server did not become healthy in %d s:\n%s" % (seconds, self.log_tail()))

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        return self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                return self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
                raise RuntimeError("the server did not stop within 30 s:\n%s" % self.log_tail())
        return self.process.returncode if self.process else 0

    def run(self, *args):
        r = subprocess.run([self.binary] + list(args) + self.options(), capture_output=True, text=True, timeout=300)
        if r.returncode != 0:
            raise RuntimeError("%s: exit %d\n%s" % (" ".join(args), r.returncode, r.stderr[-2000:]))
        return r.stdout

    def export(self):
        return [json.loads(line) for line in self.run("export", "conversations").splitlines() if line.strip()]

    def log_tail(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as f:
                return "".join(f.readlines()[-15:])
        except OSError:
            return ""


class Postgres:
    """A cluster of its own in a folder of its own, so that it can be killed too."""

    def __init__(self, folder):
        self.home = os.path.join(folder, "pg")
        self.bin = self.find_bin()
        self.port = free_port()
        self.process = None
        os.makedirs(self.home, exist_ok=True)
        if os.getuid() == 0:
            self.sh("chown", "postgres:", self.home, as_root=True)
            for part in self.ancestors(folder):
                os.chmod(part, os.stat(part).st_mode | 0o711)
        self.sh(os.path.join(self.bin, "initdb"), "-D", os.path.join(self.home, "data"), "-A", "trust", "-U", "zhixin", "-E", "UTF8",
                "--locale=C.UTF-8")
        with open(os.path.join(self.home, "data", "postgresql.conf"), "a", encoding="utf-8") as f:
            f.write("listen_addresses = '127.0.0.1'\nport = %d\nunix_socket_directories = ''\nfsync = on\n"
                    "synchronous_commit = on\nmax_connections = 60\n" % self.port)
        self.start()
        self.sh(os.path.join(self.bin, "createdb"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "zhixin", "zhixin")

    @staticmethod
    def ancestors(folder):
        while folder not in ("/", "/tmp", ""):
            yield folder
            folder = os.path.dirname(folder)

    @staticmethod
    def find_bin():
        for version in ("17", "16", "15", "14", "13"):
            path = "/usr/lib/postgresql/%s/bin" % version
            if os.path.exists(os.path.join(path, "postgres")):
                return path
        raise RuntimeError("PostgreSQL is not installed")

    def command(self, args, as_root=False):
        return list(args) if as_root or os.getuid() != 0 else ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] + list(args)

    def sh(self, *args, as_root=False):
        r = subprocess.run(self.command(args, as_root), capture_output=True, text=True, cwd="/")
        if r.returncode != 0:
            raise RuntimeError("%s: %s" % (" ".join(args), r.stderr[-2000:]))
        return r.stdout

    @property
    def url(self):
        return "postgres://zhixin@127.0.0.1:%d/zhixin" % self.port

    def start(self):
        """Backends of a killed cluster leave by themselves; until then a new one refuses to start, rightly: try again."""
        command = self.command([os.path.join(self.bin, "postgres"), "-D", os.path.join(self.home, "data")])
        with open(os.path.join(self.home, "log"), "ab") as log:
            for _ in range(600):
                if self.process is None or self.process.poll() is not None:
                    self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/")
                r = subprocess.run([os.path.join(self.bin, "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)])
                if r.returncode == 0 and self.process.poll() is None:
                    return
                time.sleep(0.05)
        raise RuntimeError("PostgreSQL did not start (see %s)" % os.path.join(self.home, "log"))

    def kill(self):
        """The whole cluster dies at once, as in a power cut of its machine (the kernel keeps its files)."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)

    def rows(self, sql):
        out = self.sh(os.path.join(self.bin, "psql"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "zhixin", "-At", "-F", "\t", "-c", sql, "zhixin")
        return [line.split("\t") for line in out.splitlines()]

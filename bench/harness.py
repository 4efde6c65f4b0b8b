# SPDX-License-Identifier: Apache-2.0
"""Building, starting, loading and stopping for bench/run. Every process started here is stopped here, by its own id."""
import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def say(text):
    print(text, file=sys.stderr, flush=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def threads_cpu_ns(pid):
    total = 0
    try:
        for tid in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{tid}/schedstat") as f:
                total += int(f.read().split()[0])
    except OSError:
        pass
    return total


def memory_kb(pid):
    with open(f"/proc/{pid}/smaps_rollup") as f:
        fields = {line.split(":")[0]: int(line.split()[1]) for line in f if line.endswith("kB\n")}
    return {"rss": fields["Rss"], "pss": fields["Pss"], "private": fields["Private_Dirty"] + fields["Private_Clean"]}


class Server:
    """A process under measurement."""

    def __init__(self, name, command, log, port=None, tls=False, env=None):
        self.name = name
        self.tls = tls
        self.started_at = time.monotonic()
        self.log = open(log, "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE if port is None else self.log, stderr=self.log, env=env)
        self.pid = self.process.pid
        self.port = port
        if port is None:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"{name} did not start, see {log}")
            self.port = json.loads(line)["port"]
        else:
            self.wait_healthy(log)

    def get(self, path, headers=None, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer
        finally:
            connection.close()

    def wait_healthy(self, log, limit_s=120):
        while time.monotonic() - self.started_at < limit_s:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}, see {log}")
            try:
                if self.tls:
                    socket.create_connection(("127.0.0.1", self.port), 1).close()
                    break
                if self.get("/healthz", timeout=5)[0] == 200:
                    break
            except OSError:
                pass
            time.sleep(0.002)
        else:
            raise RuntimeError(f"{self.name} gave no answer in {limit_s} s, see {log}")
        self.start_s = time.monotonic() - self.started_at

    def login(self, user="xiaoyu", password="zhixin-demo"):
        """Cookie header and CSRF token of a logged-in member of staff."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", "/api/login", json.dumps({"user": user, "password": password}),
                           {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{self.port}"})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"log-in: {answer.status} {body}")
        cookie = answer.getheader("Set-Cookie").split(";")[0]
        return {"Cookie": cookie, "X-CSRF-Token": body["csrf"], "Origin": f"http://127.0.0.1:{self.port}"}

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                say(f"{self.name} did not stop within 60 s after SIGTERM")
                self.process.kill()
                self.process.wait()
        self.log.close()
        if self.process.stdout:
            self.process.stdout.close()


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = os.path.abspath(options.build)
        os.makedirs(options.work, exist_ok=True)
        self.work = tempfile.mkdtemp(prefix="zhixin-bench-", dir=options.work)
        self.servers = []
        self.failures = []

    def close(self):
        for server in list(self.servers):
            self.stop(server)
        shutil.rmtree(self.work, ignore_errors=True)

    # -- building
    def prepare(self):
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            self.call(["meson", "setup", self.build, ROOT, "--buildtype=release"])
        self.call(["ninja", "-j2", "-C", self.build, "bench/yard_echo", "bench/yard_slice", "bench/zx_load"])
        self.zhixin = self.options.zhixin and os.path.abspath(self.options.zhixin)
        targets = subprocess.run(["ninja", "-C", self.build, "-t", "targets", "all"], capture_output=True, text=True).stdout
        if "src/net/net_echo:" in targets:
            self.call(["ninja", "-j2", "-C", self.build, "src/net/net_echo"])
        if not self.zhixin:
            found = [line.split(":")[0] for line in targets.splitlines() if line.split(":")[0] in ("zhixin", "src/app/zhixin")]
            if found:
                self.call(["ninja", "-j2", "-C", self.build, found[0]])
                self.zhixin = os.path.join(self.build, found[0])
        if not self.zhixin:
            say("no zhixin binary: the yardsticks alone are measured")
        folder = os.path.join(ROOT, "bench", "yard_socketio")
        if not os.path.isdir(os.path.join(folder, "node_modules", "better-sqlite3", "build")):
            try:
                self.call(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder)
            except (subprocess.CalledProcessError, OSError) as fault:
                say(f"socket.io yardstick cannot be set up ({fault}); it is left out")
        self.socketio_ready = os.path.isdir(os.path.join(folder, "node_modules", "better-sqlite3", "build"))

    def call(self, command, cwd=None):
        say("· " + " ".join(command))
        subprocess.run(command, check=True, stdout=sys.stderr, cwd=cwd)

    def tool(self, name):
        return os.path.join(self.build, "bench", name)

    def net_echo(self):
        return os.path.join(self.build, "src", "net", "net_echo")

    def path(self, name):
        return os.path.join(self.work, name)

    # -- starting
    def start(self, *arguments, **named):
        server = Server(*arguments, **named)
        self.servers.append(server)
        return server

    def stop(self, server):
        server.stop()
        self.servers.remove(server)

    def echo(self):
        return self.start("yard_echo", [self.tool("yard_echo")], self.path("echo.log"))

    def slice(self, database="slice.db"):
        sql = os.path.join(ROOT, "bench", "yard_slice.sql")
        return self.start("yard_slice", [self.tool("yard_slice"), self.path(database), sql], self.path("slice.log"))

    def socketio(self, database="socketio.db"):
        script = os.path.join(ROOT, "bench", "yard_socketio", "server.js")
        return self.start("socket.io", ["node", script, self.path(database), "FULL"], self.path("socketio.log"))

    def product(self, data="data", demo=True, tls=None, prefix=(), more=()):
        port = free_port()
        command = [*prefix, self.zhixin, "serve", "--data", self.path(data), "--listen", f"127.0.0.1:{port}"]
        command += ["--demo"] if demo else []
        command += ["--tls-cert", tls[0], "--tls-key", tls[1]] if tls else []
        command += [*self.options.serve, *more]
        return self.start("zhixin", command, self.path("zhixin.log"), port=port, tls=tls is not None)

    def certificate(self):
        cert, key = self.path("cert.pem"), self.path("key.pem")
        if not os.path.exists(cert):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                            "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", cert], check=True, capture_output=True)
        return cert, key

    # -- loading
    def load(self, mode, server, **options):
        command = [self.tool("zx_load"), mode, "--port", str(server.port), "--pid", str(server.pid)]
        command += ["--tls"] if server.tls else []
        for name, value in options.items():
            for one in value if isinstance(value, (list, tuple)) else [value]:
                command += ["--" + name.replace("_", "-"), str(one)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=900)
        if result.returncode != 0:
            what = f"{server.name}: {' '.join(command[1:])}: {result.stderr.strip()[:600]}"
            say("  ! " + what)
            self.failures.append(what)
        try:
            got = json.loads(result.stdout)
        except ValueError:
            return None
        for fault in ("push_missing", "push_doubled"):
            if got.get(fault):
                self.failures.append(f"{server.name}: {fault} {got[fault]} of {got['acked']} messages")
        return got


def median(rounds, key):
    values = [r[key] for r in rounds if r and key in r]
    return statistics.median(values) if values else None


def summary(rounds, keys):
    return {key: median(rounds, key) for key in keys} | {"rounds": len([r for r in rounds if r])}


def ratio(a, b):
    return a / b if a is not None and b else None

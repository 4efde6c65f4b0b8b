#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/reverse-proxy.md, tried out: its nginx configuration with a real nginx, and TLS of our own.  proxy_test.py --zhixin PATH

Behind nginx: sockets pass and talk, the cookie is Secure, HSTS is sent, bodies meet both limits, and the server sees the client's
true address whatever headers a stranger sends; without --trusted-proxies it believes nobody. Own TLS: the same headers, sockets,
and SIGHUP brings a new certificate while a bad one changes nothing.
"""
import argparse
import base64
import json
import os
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "crash"))
import desk  # noqa: E402
import ws  # noqa: E402

CLIENT = "127.0.0.9"  # where the test's client comes from; nginx itself is 127.0.0.1
FORGED = "203.0.113.7"
HOST = "desk.example.com"
MIB = 1 << 20
JSON = "Content-Type: application/json"
PER_ADDRESS = 20


class Wire:
    """One connection from CLIENT, over TLS or plain."""

    def __init__(self, port, tls=True, source=CLIENT):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))
        self.socket.settimeout(20)
        self.certificate = b""
        if tls:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket, server_hostname=HOST)
            self.certificate = self.socket.getpeercert(binary_form=True)
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def more(self):
        part = self.socket.recv(65536)
        self.data += part
        return bool(part)

    def take(self, n):
        while len(self.data) < n:
            if not self.more():
                raise EOFError("the line ended")
        out, self.data = self.data[:n], self.data[n:]
        return out

    def ask(self, method, path, headers=(), body=b""):
        """(status, headers as text, body). What is refused midway may close while we still send: the answer counts."""
        lines = ["%s %s HTTP/1.1" % (method, path), "Host: " + HOST, "Content-Length: %d" % len(body)] + list(headers)
        try:
            self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        except OSError:
            pass
        while b"\r\n\r\n" not in self.data:
            if not self.more():
                raise EOFError("no answer")
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        text = head.decode("latin-1")
        status = int(text.split(" ")[1])
        length = re.search(r"(?im)^content-length: (\d+)", text)
        if status == 101:
            return status, text, b""
        if length:
            return status, text, self.take(int(length.group(1)))
        out = b""
        while True:  # chunked, as nginx passes on what it does not know the length of
            while b"\r\n" not in self.data:
                if not self.more():
                    return status, text, out
            size, _, self.data = self.data.partition(b"\r\n")
            n = int(size, 16)
            out += self.take(n + 2)[:n]
            if n == 0:
                return status, text, out

    def upgrade(self, path, origin="https://" + HOST, headers=()):
        key = base64.b64encode(os.urandom(16)).decode()
        status, head, _ = self.ask("GET", path, ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                                                "Sec-WebSocket-Key: " + key, "Origin: " + origin] + list(headers))
        if status == 101 and ws.accept_key(key) not in head:
            return 0, head
        return status, head

    def talk(self, value, kind="welcome"):
        """Sends a frame, returns the next frame of that type, or what came as the last of fifty others."""
        self.socket.sendall(ws.frame(ws.TEXT, json.dumps(value).encode(), mask=True))
        answer = {}
        for _ in range(50):
            answer = self.frame()
            if answer["type"] in (kind, "error", "closed"):
                break
        return answer

    def frame(self):
        while True:
            first, second = self.take(2)
            n = second & 127
            if n == 126:
                n = struct.unpack(">H", self.take(2))[0]
            payload = self.take(n)
            if first & 15 == ws.TEXT:
                return json.loads(payload)
            if first & 15 == ws.CLOSE:
                return {"type": "closed", "why": payload.decode("utf-8", "replace")}


class Tests:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, ok, detail=""):
        self.passed += bool(ok)
        self.failed += not ok
        print("%s %s%s" % ("ok  " if ok else "FAIL", name, "" if ok else ": %s" % (detail,)), flush=True)


def certificate(folder, name, common_name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + common_name, "-days", "2",
                    "-keyout", "%s/%s.key" % (folder, name), "-out", "%s/%s.pem" % (folder, name)], check=True, capture_output=True)


def common_name(der):
    r = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-subject", "-nameopt", "RFC2253"], input=der, capture_output=True)
    return r.stdout.decode().strip().rpartition("CN=")[2]


def wait_open(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False


def nginx_config(folder, upstream, port):
    """The page's own block, with our ports and files in the place of its own."""
    with open(os.path.join(HERE, "..", "..", "docs", "reverse-proxy.md"), encoding="utf-8") as f:
        block = re.search(r"```nginx\n(.*?)```", f.read(), re.S).group(1)
    for old, new in (("127.0.0.1:8080", "127.0.0.1:%d" % upstream), ("listen 443", "listen 127.0.0.1:%d" % port),
                     ("/etc/ssl/desk.example.com.pem", folder + "/proxy.pem"), ("/etc/ssl/desk.example.com.key", folder + "/proxy.key")):
        if old not in block:
            raise RuntimeError("docs/reverse-proxy.md no longer says %s" % old)
        block = block.replace(old, new)
    temp = "".join("%s_temp_path %s/%s;\n" % (k, folder, k) for k in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(folder + "/nginx.conf", "w", encoding="utf-8") as f:
        f.write("daemon off;\npid %s/nginx.pid;\nerror_log %s/error.log;\nevents {}\nhttp {\naccess_log off;\n%s%s}\n" % (
            folder, folder, temp, block))


def log_in(port, headers=(), tls=True, source=CLIENT):
    """(head, cookie header, CSRF token) of the owner."""
    body = json.dumps({"user": "laoban", "password": "zhixin-demo"}).encode()
    with Wire(port, tls, source) as w:
        status, head, answer = w.ask("POST", "/api/login", [JSON] + list(headers), body)
    if status != 200:
        return head, "", ""
    cookies = "; ".join(re.findall(r"(?im)^set-cookie: ([^;\r]+)", head))
    return head, "Cookie: " + cookies, "X-CSRF-Token: " + json.loads(answer)["csrf"]


def last_address(port, cookie, tls=True, source=CLIENT):
    """From where the newest act in the audit log was done, as the server saw it."""
    with Wire(port, tls, source) as w:
        _, _, answer = w.ask("GET", "/api/audit?limit=1", [cookie])
    return json.loads(answer)["items"][0]["ip"]


def forged(*chain):
    return ["X-Forwarded-For: " + ", ".join(chain), "X-Real-IP: " + chain[0], "X-Forwarded-Proto: https"]


def many_sockets(t, port):
    """The limit per address is the client's: five visitors hold more than one may, though all come by one proxy."""
    held, statuses = [], []
    try:
        for i in range(5 * PER_ADDRESS // 2):
            w = Wire(port, source="127.0.1.%d" % (i % 5 + 1))
            held.append(w)
            statuses.append(w.upgrade("/api/widget/ws")[0])
        t.check("%d sockets of five clients pass one proxy" % len(held), set(statuses) == {101}, statuses)
        statuses = []
        for i in range(PER_ADDRESS + 1):
            w = Wire(port, source="127.0.1.9")
            held.append(w)
            statuses.append(w.upgrade("/api/widget/ws")[0])
        t.check("one client holds %d and no more" % PER_ADDRESS, statuses == [101] * PER_ADDRESS + [429], statuses)
    finally:
        for w in held:
            w.socket.close()


def behind_nginx(t, port):
    with Wire(port) as w:
        status, head, _ = w.ask("GET", "/")
        t.check("the workbench's page comes through nginx", status == 200, head)
        t.check("over https it is told to stay so (HSTS)", re.search(r"(?im)^strict-transport-security: max-age=\d+", head), head)
        status, head, answer = w.ask("GET", "/api/channels")
        t.check("nobody logged in is refused", status == 401, (status, answer))
    head, cookie, csrf = log_in(port, forged(FORGED))
    t.check("log-in through nginx", cookie and csrf, head)
    t.check("the cookie is Secure", re.search(r"(?im)^set-cookie: zx_session=.*;\s*secure", head), head)
    seen = last_address(port, cookie)
    t.check("the server sees the client's true address", seen == CLIENT, seen)
    with Wire(port) as w:
        status, head = w.upgrade("/api/ws", headers=[cookie])
        t.check("the desk's socket opens through nginx", status == 101, head)
        answer = w.talk({"type": "hello"}) if status == 101 else {}
        t.check("and talks", answer.get("type") == "welcome", answer)
    with Wire(port) as w:
        status, _, answer = w.ask("POST", "/api/widget/session", [JSON], b'{"channel":"demo"}')
        token = json.loads(answer).get("token", "") if status == 200 else ""
    with Wire(port) as w:
        status, head = w.upgrade("/api/widget/ws")
        answer = w.talk({"type": "hello", "token": token, "after": 0}) if status == 101 else {}
        t.check("the widget's socket opens through nginx and talks", answer.get("type") == "welcome", (head, answer))
        answer = w.talk({"type": "send", "client_id": "proxy-1", "kind": "text", "text": "在吗"}, "ack") if status == 101 else {}
        t.check("and a message is acknowledged", answer.get("type") == "ack" and answer.get("client_id") == "proxy-1", answer)
    with Wire(port) as w:
        status, head = w.upgrade("/api/ws", "https://evil.example", [cookie])
        t.check("a foreign page's socket is refused", status == 403, head)
    with Wire(port) as w:
        t.check("measures are not for the world", w.ask("GET", "/metrics")[0] == 403)
    with Wire(port, source="127.0.0.1") as w:
        t.check("but for whom the page names", w.ask("GET", "/metrics")[0] == 200)
    bodies(t, port, cookie, csrf)
    many_sockets(t, port)


def bodies(t, port, cookie, csrf):
    def upload(size):
        with Wire(port) as w:
            return w.ask("POST", "/api/uploads", [cookie, csrf, "Content-Type: text/plain", "X-File-Name: long.txt"], b"a" * size)
    status, _, answer = upload(10 * MIB - 1024)
    t.check("an upload of nearly 10 MiB passes", status == 201, (status, answer[:300]))
    status, _, answer = upload(11 * MIB)
    t.check("one of 11 MiB is refused by the desk, in its own words", status == 413 and b"request.too_large" in answer, (status, answer[:300]))
    status, _, answer = upload(13 * MIB)
    t.check("one of 13 MiB is refused by nginx", status == 413 and b"request.too_large" not in answer, (status, answer[:300]))
    with Wire(port) as w:
        status, _, answer = w.ask("POST", "/api/login", [JSON], b"{" + b" " * MIB)
        t.check("a log-in of 1 MiB is refused", status == 413, (status, answer[:300]))


def whom_to_believe(t, port):
    """Straight at the server, 127.0.0.1 playing the trusted proxy and CLIENT the stranger."""
    def seen(source, *chain):
        _, cookie, _ = log_in(port, forged(*chain), tls=False, source=source)
        return last_address(port, cookie, tls=False, source=source) if cookie else None
    t.check("a proxy that appends: the last address before it counts", seen("127.0.0.1", FORGED, CLIENT) == CLIENT)
    t.check("trusted addresses in the chain are passed over", seen("127.0.0.1", FORGED, "198.51.100.4", "10.9.3.4") == "198.51.100.4")
    t.check("a stranger's own headers are ignored", seen(CLIENT, FORGED) == CLIENT)
    head, _, _ = log_in(port, forged(FORGED), tls=False)
    t.check("a stranger's X-Forwarded-Proto makes nothing Secure",
            "200" in head[:14] and "secure" not in head.lower().split("zx_session")[-1] and "strict-transport" not in head.lower(), head)


def own_tls(t, zhixin, folder):
    port = desk.free_port()
    for name, cn in (("one", "one.example"), ("two", "two.example")):
        certificate(folder, name, cn)
    live = {k: os.path.join(folder, "live." + k) for k in ("pem", "key")}

    def install(pem, key):
        shutil.copy(os.path.join(folder, pem), live["pem"])
        shutil.copy(os.path.join(folder, key), live["key"])
    install("one.pem", "one.key")
    log_path = os.path.join(folder, "tls.log")
    with open(log_path, "wb") as log:
        server = subprocess.Popen([zhixin, "serve", "--demo", "--listen", "127.0.0.1:%d" % port, "--data", folder + "/tls",
                                   "--tls-cert", live["pem"], "--tls-key", live["key"]], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def hang_up(words):
        """SIGHUP, and wait for the n-th line that says so."""
        def count():
            with open(log_path, encoding="utf-8") as f:
                return f.read().count(words)
        before = count()
        server.send_signal(signal.SIGHUP)
        for _ in range(100):
            if count() > before:
                return True
            time.sleep(0.05)
        return False

    def shown():
        with Wire(port) as w:
            return common_name(w.certificate)
    try:
        t.check("own TLS: the server comes up", wait_open(port))
        head, cookie, _ = log_in(port)
        t.check("own TLS: the cookie is Secure and HSTS is sent", re.search(r"(?im)^set-cookie: zx_session=.*;\s*secure", head)
                and "strict-transport-security" in head.lower(), head)
        t.check("own TLS: the client's address is the peer's", last_address(port, cookie) == CLIENT)
        with Wire(port) as old:
            status, head = old.upgrade("/api/ws", headers=[cookie])
            t.check("own TLS: a socket opens and talks", status == 101 and old.talk({"type": "hello"}).get("type") == "welcome", head)
            t.check("own TLS: the first certificate is shown", shown() == "one.example")
            install("two.pem", "two.key")
            t.check("SIGHUP reads the new certificate", hang_up("certificate read again") and shown() == "two.example")
            install("one.pem", "two.key")
            t.check("a key that does not fit is refused, the old one stays", hang_up("certificate not read") and shown() == "two.example")
            with open(live["pem"], "w", encoding="utf-8") as f:
                f.write("not a certificate\n")
            t.check("a file that is no certificate is refused, the old one stays",
                    hang_up("certificate not read") and shown() == "two.example")
            install("one.pem", "one.key")
            t.check("a good one is taken again", hang_up("certificate read again") and shown() == "one.example")
            answer = old.talk({"type": "ping"}, "pong")
            t.check("the socket opened before lived through it all", answer.get("type") == "pong", answer)
        try:
            with Wire(port, tls=False) as w:
                refused = w.ask("GET", "/healthz")[0] != 200
        except (EOFError, OSError):
            refused = True
        t.check("plain http on the TLS port is refused", refused)
        server.terminate()
        t.check("own TLS: it stops cleanly", server.wait(30) == 0)
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--zhixin", required=True)
    o = p.parse_args()
    zhixin = os.path.abspath(o.zhixin)
    t = Tests()
    folder = tempfile.mkdtemp(prefix="zhixin-proxy-")
    os.chmod(folder, 0o755)  # nginx's workers may be another user
    server = desk.Server(zhixin, folder)
    nginx = None
    try:
        certificate(folder, "proxy", HOST)
        port = desk.free_port()
        nginx_config(folder, server.port, port)
        os.environ["ZHIXIN_TRUSTED_PROXIES"] = "127.0.0.1, 10.9.0.0/16"
        os.environ["ZHIXIN_MAX_PER_ADDRESS"] = str(PER_ADDRESS)
        server.start()
        nginx = subprocess.Popen([shutil.which("nginx") or "/usr/sbin/nginx", "-c", folder + "/nginx.conf", "-p", folder])
        t.check("nginx takes the page's configuration", wait_open(port))
        behind_nginx(t, port)
        whom_to_believe(t, server.port)
        server.stop()
        del os.environ["ZHIXIN_TRUSTED_PROXIES"]
        server.start()
        _, cookie, _ = log_in(server.port, forged(FORGED), tls=False, source="127.0.0.1")
        seen = last_address(server.port, cookie, tls=False, source="127.0.0.1")
        t.check("without --trusted-proxies nobody is believed", seen == "127.0.0.1", seen)
        t.check("the server stops cleanly", server.stop() == 0, server.log_tail())
        own_tls(t, zhixin, folder)
    finally:
        if nginx:
            nginx.terminate()
            nginx.wait()
        if server.process and server.process.poll() is None:
            server.kill()
        if t.failed:
            print("kept: %s" % folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print("%d passed, %d failed" % (t.passed, t.failed))
    sys.exit(1 if t.failed or not t.passed else 0)


main()

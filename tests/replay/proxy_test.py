#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/reverse-proxy.md, tried out: its nginx configuration with a real nginx.  proxy_test.py --zhixin PATH

The page passes sockets, makes the cookie Secure, and the server sees the client's true address, whatever headers a
stranger sends; without --trusted-proxies it believes nobody.
"""
import argparse
import base64
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "crash"))
import desk  # noqa: E402

CLIENT = "127.0.0.9"  # where the test's client comes from; nginx itself is 127.0.0.1


def request(port, method, path, headers, body=b"", read_body=True):
    """Over TLS, from CLIENT. Returns (status, headers as text, body)."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    raw = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(CLIENT, 0))
    with context.wrap_socket(raw) as s:
        lines = ["%s %s HTTP/1.1" % (method, path), "Host: desk.example.com", "Content-Length: %d" % len(body)] + headers
        s.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        data = b""
        while b"\r\n\r\n" not in data:
            more = s.recv(65536)
            if not more:
                break
            data += more
        head, _, rest = data.partition(b"\r\n\r\n")
        text = head.decode("latin-1")
        status = int(text.split(" ")[1])
        if read_body and status != 101:
            s.settimeout(5)
            try:
                while True:
                    more = s.recv(65536)
                    if not more:
                        break
                    rest += more
            except OSError:
                pass
        return status, text, rest


def dechunk(head, body):
    if "transfer-encoding: chunked" not in head.lower():
        return body
    out = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        n = int(size, 16)
        if n == 0:
            break
        out, body = out + body[:n], body[n + 2:]
    return out


class Tests:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, ok, detail=""):
        self.passed += bool(ok)
        self.failed += not ok
        print("%s %s%s" % ("ok  " if ok else "FAIL", name, "" if ok else ": %s" % (detail,)), flush=True)


def nginx_config(folder, upstream, port):
    with open(os.path.join(HERE, "..", "..", "docs", "reverse-proxy.md"), encoding="utf-8") as f:
        block = re.search(r"```nginx\n(.*?)```", f.read(), re.S).group(1)
    block = block.replace("127.0.0.1:8080", "127.0.0.1:%d" % upstream).replace("listen 443", "listen 127.0.0.1:%d" % port)
    block = block.replace("/etc/ssl/desk.example.com.pem", folder + "/cert.pem").replace("/etc/ssl/desk.example.com.key", folder + "/key.pem")
    temp = "".join("%s_temp_path %s/%s;\n" % (k, folder, k) for k in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(folder + "/nginx.conf", "w", encoding="utf-8") as f:
        f.write("daemon off;\npid %s/nginx.pid;\nerror_log %s/error.log;\nevents {}\nhttp {\naccess_log off;\n%s%s}\n" % (folder, folder, temp, block))


def audit_addresses(port, t):
    """Logs the owner in with a forged address and reads from the audit log where that came from."""
    body = json.dumps({"user": "laoban", "password": "zhixin-demo"}).encode()
    status, head, _ = request(port, "POST", "/api/login", ["Content-Type: application/json", "Connection: close",
                                                             "X-Forwarded-For: 203.0.113.7", "X-Real-IP: 203.0.113.7"], body)
    cookies = "; ".join(re.findall(r"(?i)^set-cookie: ([^;\r]+)", head, re.M))
    t.check("log-in through nginx", status == 200 and cookies, (status, head))
    t.check("the cookie is Secure", re.search(r"(?im)^set-cookie: zx_session=.*;\s*secure", head), head)
    status, head, body = request(port, "GET", "/api/audit", ["Cookie: " + cookies, "Connection: close"])
    items = json.loads(dechunk(head, body))["items"]
    return cookies, [i.get("address") for i in items]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--zhixin", required=True)
    o = p.parse_args()
    t = Tests()
    folder = tempfile.mkdtemp(prefix="zhixin-proxy-")
    os.chmod(folder, 0o755)
    server = desk.Server(os.path.abspath(o.zhixin), folder)
    nginx = None
    try:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=desk.example.com", "-days", "2",
                        "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem"], check=True, capture_output=True)
        port = desk.free_port()
        nginx_config(folder, server.port, port)
        os.environ["ZHIXIN_TRUSTED_PROXIES"] = "127.0.0.1"
        server.start()
        nginx = subprocess.Popen([shutil.which("nginx") or "/usr/sbin/nginx", "-c", folder + "/nginx.conf", "-p", folder])
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        cookies, seen = audit_addresses(port, t)
        t.check("the server sees the client's true address", CLIENT in seen and "203.0.113.7" not in seen, seen)
        key = base64.b64encode(os.urandom(16)).decode()
        socket_headers = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + key,
                          "Origin: https://desk.example.com"]
        status, head, _ = request(port, "GET", "/api/ws", socket_headers + ["Cookie: " + cookies])
        t.check("the desk's socket opens through nginx", status == 101, head)
        status, head, _ = request(port, "GET", "/api/widget/ws", socket_headers)
        t.check("the widget's socket opens through nginx", status == 101, head)
        status, head, _ = request(port, "GET", "/api/ws", socket_headers[:-1] + ["Origin: https://evil.example", "Cookie: " + cookies])
        t.check("a foreign page's socket is refused", status == 403, head)
        server.stop()
        del os.environ["ZHIXIN_TRUSTED_PROXIES"]
        server.start()
        _, seen = audit_addresses_plain(server.port)
        t.check("without --trusted-proxies nobody is believed", "203.0.113.7" not in seen[:1] and seen, seen)
    finally:
        if nginx:
            nginx.terminate()
            nginx.wait()
        if server.process and server.process.poll() is None:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)
    print("%d passed, %d failed" % (t.passed, t.failed))
    sys.exit(1 if t.failed or not t.passed else 0)


def audit_addresses_plain(port):
    import urllib.request
    body = json.dumps({"user": "laoban", "password": "zhixin-demo"}).encode()
    base = "http://127.0.0.1:%d" % port
    r = urllib.request.urlopen(urllib.request.Request(base + "/api/login", body, {"Content-Type": "application/json",
                                                                                  "X-Forwarded-For": "203.0.113.7"}))
    cookies = "; ".join(c.split(";")[0] for c in r.headers.get_all("Set-Cookie"))
    r = urllib.request.urlopen(urllib.request.Request(base + "/api/audit", headers={"Cookie": cookies}))
    return cookies, [i.get("address") for i in json.load(r)["items"]]


main()

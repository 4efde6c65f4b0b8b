# SPDX-License-Identifier: Apache-2.0
"""A person's browser as the stories need it: HTTP with cookie and CSRF proof, and a WebSocket, on plain sockets."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import socket
import struct
import time

WAIT = 8.0


class Refused(Exception):
    """The server answered with an error: status, code, whole body."""

    def __init__(self, status, body):
        self.status, self.body = status, body
        self.error = body.get("error", {}) if isinstance(body, dict) else {}
        self.code = self.error.get("code", "")
        super().__init__("%d %s" % (status, body))


class Http:
    def __init__(self, port, bearer=None):
        self.port, self.bearer = port, bearer
        self.cookie = self.csrf = None
        self.headers = {}

    def raw(self, method, path, body=None, headers=None, content_type="application/json"):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT)
        send = {}
        if body is not None:
            send["Content-Type"] = content_type
        if self.cookie:
            send["Cookie"] = "zx_session=" + self.cookie
        if self.csrf and method not in ("GET", "HEAD"):
            send["X-CSRF-Token"] = self.csrf
        if self.bearer:
            send["Authorization"] = "Bearer " + self.bearer
        send.update(headers or {})
        send = {k: v for k, v in send.items() if v is not None}
        c.request(method, path, body, send)
        r = c.getresponse()
        data = r.read()
        self.headers = {k.lower(): v for k, v in r.getheaders()}
        for k, v in r.getheaders():
            if k.lower() == "set-cookie" and v.startswith("zx_session="):
                self.cookie = v.split(";")[0].split("=", 1)[1] or None
        c.close()
        return r.status, data

    def call(self, method, path, body=None, **kw):
        raw = json.dumps(body).encode() if body is not None else None
        status, data = self.raw(method, path, raw, **kw)
        try:
            answer = json.loads(data) if data else {}
        except ValueError:
            answer = data
        if status >= 400:
            raise Refused(status, answer)
        return answer

    def get(self, path, **kw):
        return self.call("GET", path, **kw)

    def post(self, path, body=None, **kw):
        return self.call("POST", path, {} if body is None else body, **kw)

    def put(self, path, body, **kw):
        return self.call("PUT", path, body, **kw)

    def patch(self, path, body, **kw):
        return self.call("PATCH", path, body, **kw)

    def delete(self, path, **kw):
        return self.call("DELETE", path, **kw)

    def login(self, user, password="zhixin-demo", **more):
        a = self.post("/api/login", dict({"user": user, "password": password}, **more))
        self.csrf = a["csrf"]
        return a


class Closed(Exception):
    def __init__(self, code):
        self.code = code
        super().__init__("closed with %s" % code)


class Ws:
    """One WebSocket. Frames that were not waited for stay in `kept`, in order."""

    def __init__(self, port, path, headers=None):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=WAIT)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.kept, self.all = [], []
        key = base64.b64encode(os.urandom(16)).decode()
        lines = ["GET %s HTTP/1.1" % path, "Host: 127.0.0.1:%d" % port, "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + key]
        lines += ["%s: %s" % kv for kv in (headers or {}).items()]
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            more = self.sock.recv(65536)
            if not more:
                raise Closed("before the upgrade")
            self.buffer += more
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        status = int(head.split()[1])
        if status != 101:
            length = [int(x.split(b":")[1]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")]
            while length and len(self.buffer) < length[0]:
                self.buffer += self.sock.recv(65536)
            try:
                body = json.loads(self.buffer)
            except ValueError:
                body = {}
            raise Refused(status, body)

    def send_raw(self, opcode, payload, fin=True):
        head = bytes([(0x80 if fin else 0) | opcode])
        n = len(payload)
        head += bytes([0x80 | n]) if n < 126 else bytes([0x80 | 126]) + struct.pack(">H", n) if n < 65536 \
            else bytes([0x80 | 127]) + struct.pack(">Q", n)
        mask = os.urandom(4)
        self.sock.sendall(head + mask + bytes(b ^ mask[i & 3] for i, b in enumerate(payload)))

    def send(self, **frame):
        self.send_raw(1, json.dumps(frame, ensure_ascii=False).encode())

    def exactly(self, n, until):
        while len(self.buffer) < n:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(left)
            more = self.sock.recv(65536)
            if not more:
                raise Closed(1006)
            self.buffer += more
        out, self.buffer = self.buffer[:n], self.buffer[n:]
        return out

    def read(self, wait=WAIT):
        until = time.monotonic() + wait
        while True:
            head = self.exactly(2, until)
            n = head[1] & 127
            if n == 126:
                n = struct.unpack(">H", self.exactly(2, until))[0]
            elif n == 127:
                n = struct.unpack(">Q", self.exactly(8, until))[0]
            payload = self.exactly(n, until)
            opcode = head[0] & 15
            if opcode == 8:
                raise Closed(struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else 1005)
            if opcode == 9:
                self.send_raw(10, payload)
            elif opcode == 1:
                f = json.loads(payload)
                self.all.append(f)
                return f

    def find(self, fits, what, wait=WAIT):
        """The first frame that fits, kept or yet to come; others are kept."""
        for i, f in enumerate(self.kept):
            if fits(f):
                return self.kept.pop(i)
        until = time.monotonic() + wait
        while True:
            try:
                f = self.read(max(0.001, until - time.monotonic()))
            except (TimeoutError, socket.timeout):
                raise AssertionError("no %s within %s s; came: %s" % (what, wait, [
                    (x["type"], x.get("code") or x.get("message", {}) if x["type"] in ("error", "message") else "")
                    for x in self.all[-12:]])) from None
            if fits(f):
                return f
            self.kept.append(f)

    def wait(self, type=None, wait=WAIT, **fields):
        return self.find(lambda f: (type is None or f["type"] == type) and all(f.get(k) == v for k, v in fields.items()),
                         "%s %s" % (type, fields), wait)

    def message(self, text, wait=WAIT):
        return self.find(lambda f: f["type"] == "message" and f["message"]["text"] == text, "message %r" % text, wait)

    def answer(self, client_id, types):
        return self.find(lambda f: f["type"] in types and f.get("client_id") == client_id, "answer to " + client_id)

    def quiet(self, type, seconds=0.4, **fields):
        """No such frame comes within the time."""
        try:
            f = self.wait(type, wait=seconds, **fields)
        except AssertionError:
            return
        raise AssertionError("a frame came that should not: %s" % f)

    def closed(self, wait=WAIT):
        until = time.monotonic() + wait
        while True:
            try:
                self.kept.append(self.read(max(0.001, until - time.monotonic())))
            except Closed as e:
                return e.code

    def close(self):
        self.sock.close()


class Visitor:
    """A customer in the widget."""

    def __init__(self, port, channel="demo", **session):
        self.port = port
        self.http = Http(port)
        self.session = self.http.post("/api/widget/session", dict({"channel": channel}, **session))
        self.token = self.session["token"]
        self.id = self.session["visitor"]["id"]
        self.http.bearer = self.token
        self.n = 0
        self.ws = None

    def open(self, after=0):
        self.ws = Ws(self.port, "/api/widget/ws")
        self.ws.send(type="hello", token=self.token, after=after)
        self.welcome = self.ws.wait("welcome")
        return self

    def say(self, text, client_id=None, **more):
        """The acknowledgement."""
        self.n += 1
        client_id = client_id or "c%d" % self.n
        self.ws.send(**dict({"type": "send", "client_id": client_id, "kind": "text", "text": text}, **more))
        return self.ws.answer(client_id, ("ack", "error"))

    def close(self):
        if self.ws:
            self.ws.close()


class Agent:
    """A person at the workbench."""

    def __init__(self, port, user, password="zhixin-demo"):
        self.port = port
        self.http = Http(port)
        self.me = self.http.login(user, password)["user"]
        self.id = self.me["id"]
        self.n = 0
        self.ws = None

    def open(self, **hello):
        self.ws = Ws(self.port, "/api/ws", {"Cookie": "zx_session=" + self.http.cookie, "Origin": "http://127.0.0.1:%d" % self.port})
        self.ws.send(type="hello", **hello)
        self.welcome = self.ws.wait("welcome")
        return self

    def status(self, status, reason=None):
        self.ws.send(type="status", status=status, **({"reason": reason} if reason else {}))
        return self.ws.wait("agent", id=self.id, status=status)

    def say(self, conversation, text, client_id=None, **more):
        """The acknowledgement, guard frame or error."""
        self.n += 1
        client_id = client_id or "a%s.%d" % (self.id, self.n)
        self.ws.send(**dict({"type": "send", "conversation": conversation, "client_id": client_id, "kind": "text", "text": text}, **more))
        return self.ws.answer(client_id, ("ack", "error", "guard"))

    def rounds(self, conversation):
        return self.http.get("/api/conversations/%s/sla" % conversation)["rounds"]

    def messages(self, conversation, **query):
        q = "&".join("%s=%s" % kv for kv in query.items())
        return self.http.get("/api/conversations/%s/messages?%s" % (conversation, q))["items"]

    def row(self, conversation):
        return self.http.get("/api/conversations/%s" % conversation)["conversation"]

    def close(self):
        if self.ws:
            self.ws.close()
            self.ws = None


def identity_hash(secret, user_id):
    return hmac.new(secret.encode(), user_id.encode(), hashlib.sha256).hexdigest()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A proxy that does to WebSocket frames what must never happen: drops, doubles and swaps them.

    chaos_proxy.py --to 127.0.0.1:8080 [--listen 127.0.0.1:0] FAULT…
    FAULT = what:direction:socket:type:n    what       drop | double | swap | cut (the connection, before the frame)
                                            direction  down (server to client) | up
                                            socket     desk | widget
                                            type       the frame's "type" (send, ack …); message/agent, message/customer …
                                                       for messages of one role; =TEXT after it: with that text
                                            n          which one of that kind, from 1; every:N for each N-th
    e.g.  drop:down:desk:message:3  swap:down:widget:message/agent:1  cut:up:widget:send:every:10

Prints its port on the first line, then one JSON line for each fault it did. Everything else passes byte for byte.
A swap needs two frames of one conversation on the way at once: the first is held until the second comes (at most 5 s).
"""
import argparse
import asyncio
import json
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import ws  # noqa: E402

HOLD_S = 5


class Fault:
    def __init__(self, spec):
        parts = spec.split(":")
        self.what, self.direction, self.socket, self.type = parts[:4]
        self.type, _, self.text = self.type.partition("=")
        self.every = parts[4] == "every"
        self.n = int(parts[5] if self.every else parts[4])
        self.seen = 0
        self.spec = spec
        if self.what not in ("drop", "double", "swap", "cut") or self.direction not in ("down", "up") \
                or self.socket not in ("desk", "widget"):
            raise ValueError("bad fault: %s" % spec)

    def hits(self, direction, socket, kind, text):
        if (direction, socket) != (self.direction, self.socket) or self.type not in (kind, kind.split("/")[0]) \
                or (self.text and self.text != text):
            return False
        self.seen += 1
        return self.seen % self.n == 0 if self.every else self.seen == self.n


def tell(fault, note, **more):
    print(json.dumps(dict({"fault": fault.spec, "did": note}, **more)), flush=True)


class Held:
    def __init__(self, fault, raw, conversation):
        self.fault, self.raw, self.conversation = fault, raw, conversation
        self.timer = None


class Proxy:
    def __init__(self, host, port, faults):
        self.host, self.port, self.faults = host, port, faults
        self.conversations = {}

    async def serve(self, reader, writer):
        try:
            up_reader, up_writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            writer.close()
            return
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            up_writer.write(head)
            first = head.split(b"\r\n", 1)[0].decode("latin-1")
            socket = "desk" if " /api/ws" in first else "widget" if " /api/widget/ws" in first else None
            if b"upgrade: websocket" in head.lower() and socket:
                answer = await up_reader.readuntil(b"\r\n\r\n")
                writer.write(answer)
                if b" 101 " in answer.split(b"\r\n", 1)[0]:
                    await self.both(self.frames(reader, up_writer, "up", socket, writer),
                                    self.frames(up_reader, writer, "down", socket, up_writer))
                    return
            await self.both(self.bytes(reader, up_writer), self.bytes(up_reader, writer))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            pass
        finally:
            for w in (writer, up_writer):
                w.close()

    @staticmethod
    async def both(one, two):
        tasks = [asyncio.ensure_future(one), asyncio.ensure_future(two)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for t in tasks:
            t.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @staticmethod
    async def bytes(reader, writer):
        while True:
            data = await reader.read(65536)
            if not data:
                if writer.can_write_eof():
                    writer.write_eof()
                await asyncio.sleep(1)
                return
            writer.write(data)
            await writer.drain()

    async def frames(self, reader, writer, direction, socket, other):
        held = []
        while True:
            opcode, payload, raw = await ws.read_frame(reader)
            kind, conversation, text = "", "", ""
            if opcode == ws.TEXT:
                try:
                    f = json.loads(payload)
                    message = f.get("message") or {}
                    text = message.get("text") or f.get("text")
                    kind = f.get("type", "") + ("/" + message["role"] if "role" in message else "")
                    conversation = str(f.get("conversation") or message.get("conversation") or "")
                except (ValueError, AttributeError):
                    pass
            fault = next((x for x in self.faults if x.hits(direction, socket, kind, text)), None)
            if fault and fault.what == "drop":
                tell(fault, "dropped", conversation=conversation)
                continue
            if fault and fault.what == "double":
                tell(fault, "doubled", conversation=conversation)
                writer.write(raw)
            if fault and fault.what == "cut":
                tell(fault, "cut", conversation=conversation)
                writer.close()
                other.close()
                return
            if fault and fault.what == "swap":
                h = Held(fault, raw, conversation)
                held.append(h)
                h.timer = asyncio.get_running_loop().call_later(HOLD_S, self.release, held, h, writer, "not swapped")
                continue
            writer.write(raw)
            for h in list(held):
                if h.conversation == conversation and h.fault.type in (kind, kind.split("/")[0]):
                    h.timer.cancel()
                    self.release(held, h, writer, "swapped")
            await writer.drain()

    @staticmethod
    def release(held, h, writer, note):
        held.remove(h)
        tell(h.fault, note, conversation=h.conversation)
        writer.write(h.raw)


async def main():
    p = argparse.ArgumentParser(description="drops, doubles and swaps WebSocket frames")
    p.add_argument("--to", required=True)
    p.add_argument("--listen", default="127.0.0.1:0")
    p.add_argument("faults", nargs="*")
    o = p.parse_args()
    host, port = o.to.rsplit(":", 1)
    proxy = Proxy(host, int(port), [Fault(f) for f in o.faults])
    at, at_port = o.listen.rsplit(":", 1)
    server = await asyncio.start_server(proxy.serve, at, int(at_port), limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass

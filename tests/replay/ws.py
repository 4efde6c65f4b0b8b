# SPDX-License-Identifier: Apache-2.0
"""WebSocket frames for the judges: just enough to read, to write and to pass on byte for byte. Asyncio, no packages."""
import base64
import hashlib
import os
import struct

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def accept_key(key):
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


async def read_frame(reader):
    """(opcode, payload, raw bytes as they came); raises IncompleteReadError at the end."""
    head = await reader.readexactly(2)
    raw = head
    opcode, masked, n = head[0] & 15, head[1] & 128, head[1] & 127
    if n == 126:
        more = await reader.readexactly(2)
        raw += more
        n = struct.unpack(">H", more)[0]
    elif n == 127:
        more = await reader.readexactly(8)
        raw += more
        n = struct.unpack(">Q", more)[0]
    mask = b""
    if masked:
        mask = await reader.readexactly(4)
        raw += mask
    payload = await reader.readexactly(n)
    raw += payload
    if masked:
        payload = bytes(b ^ mask[i & 3] for i, b in enumerate(payload))
    return opcode, payload, raw


def frame(opcode, payload, mask=False):
    head = bytes([0x80 | opcode])
    bit = 128 if mask else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", len(payload))
    if mask:
        key = os.urandom(4)
        return head + key + bytes(b ^ key[i & 3] for i, b in enumerate(payload))
    return head + payload

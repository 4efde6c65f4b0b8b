#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shapes of src/api/schemas.json as TypeScript: web/desk/src/api/generated.ts. `gen_types.py [--check]`"""
import os
import sys

import api_schemas

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHAPES = os.path.join(ROOT, "src", "api", "schemas.json")
OUT = os.path.join(ROOT, "web", "desk", "src", "api", "generated.ts")
HEAD = """// SPDX-License-Identifier: Apache-2.0
// Made by tools/gen_types.py of src/api/schemas.json: what the server takes and gives. Not edited by hand.

/** A decimal text. */
export type Id = string;
/** Milliseconds since 1970 UTC. */
export type Ms = number;
"""
BASIC = {"id": "Id", "text": "string", "int": "number", "num": "number", "bool": "boolean", "ms": "Ms", "any": "unknown", "null": "null"}
LINE = 128


def union(words, depth, before):
    line = " | ".join(words)
    if before + len(line) < LINE:
        return line
    pad = "\n" + "    " * (depth + 1) + "| "
    return pad + pad.join(words)


def one(t, depth, before):
    if isinstance(t, list):
        inner = one(t[0], depth, before)
        return "(%s)[]" % inner if " | " in inner and not inner.startswith("{") else inner + "[]"
    if t == {}:
        return "Record<string, never>"
    if isinstance(t, dict):
        line = "{ " + members(t, 0).strip().replace("\n", " ").rstrip(";") + " }"
        if "{" not in line[1:] and before + len(line) < LINE:
            return line
        return "{\n" + members(t, depth + 1) + "    " * depth + "}"
    words, kinds = api_schemas.parts(t)
    return union(["'%s'" % w for w in words] if words else [BASIC.get(k, k) for k in kinds], depth, before)


def members(t, depth):
    pad = "    " * depth
    out = ""
    for k, v in t.items():
        left = "%s%s%s: " % (pad, k.rstrip("?"), "?" if k.endswith("?") else "")
        right = one(v, depth, len(left) + 1)
        out += (left.rstrip() if right.startswith("\n") else left) + right + ";\n"
    return out


def text(shapes):
    out = HEAD
    for name, t in shapes.items():
        if isinstance(t, dict) and t and "\n" in one(t, 0, len("export type %s = " % name) + 1):
            out += "export interface %s {\n%s}\n" % (name, members(t, 1))
        else:
            left = "export type %s = " % name
            right = one(t, 0, len(left) + 1)
            out += (left.rstrip() if right.startswith("\n") else left) + right + ";\n"
    return out


def main():
    want = text(api_schemas.load(SHAPES))
    if sys.argv[1:] == ["--check"]:
        with open(OUT, encoding="utf-8") as f:
            if f.read() != want:
                sys.exit("gen_types: web/desk/src/api/generated.ts is not current: run tools/gen_types.py")
        return
    with open(OUT, "w", encoding="utf-8") as f:
        f.write(want)


main()

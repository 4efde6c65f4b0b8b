#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shapes of src/api/schemas.json as JSON Schema. `api_schemas.py IN OUT` writes one object {name: schema}, for openapi.json.

In the file a shape is an object {"member": type, "member?": type that may be absent}, or a type by itself. A type is
  id text int num bool ms any   a basic one (an id is a decimal text, ms a time in milliseconds)
  Name                          another shape of the file
  A|B, A|null                   one of these
  =a|b|c                        one of these words
  [type]                        a list
  {…}                           an object
"""
import json
import re
import sys

BASIC = {
    "id": {"type": "string", "pattern": "^[0-9]+$"}, "text": {"type": "string"}, "int": {"type": "integer"}, "num": {"type": "number"},
    "bool": {"type": "boolean"}, "ms": {"type": "integer", "description": "milliseconds since 1970 UTC"}, "any": {}, "null": {"type": "null"},
}


class Fault(Exception):
    pass


def load(path):
    def unique(pairs):
        out = {}
        for k, v in pairs:
            if k in out:
                raise Fault("%s: %s is there twice" % (path, k))
            out[k] = v
        return out
    with open(path, encoding="utf-8") as f:
        shapes = json.load(f, object_pairs_hook=unique)
    for name in shapes:
        if not re.fullmatch(r"[A-Z][A-Za-z]+", name):
            raise Fault("%s: %r is no name" % (path, name))
    return shapes


def parts(text):
    """The words of `=a|b` or None, the alternatives otherwise."""
    return (text[1:].split("|"), None) if text.startswith("=") else (None, text.split("|"))


def schema(shapes, t, where):
    if isinstance(t, list):
        if len(t) != 1:
            raise Fault("%s: a list has one type" % where)
        return {"type": "array", "items": schema(shapes, t[0], where + "[]")}
    if isinstance(t, dict):
        out = {"type": "object", "properties": {k.rstrip("?"): schema(shapes, v, where + "." + k) for k, v in t.items()}}
        required = [k for k in t if not k.endswith("?")]
        if required:
            out["required"] = required
        return out
    words, kinds = parts(t)
    if words:
        return {"type": "string", "enum": words}
    found = []
    for k in kinds:
        if k in BASIC:
            found.append(dict(BASIC[k]))
        elif k in shapes:
            found.append({"$ref": "#/components/schemas/" + k})
        else:
            raise Fault("%s: there is no type %r" % (where, k))
    return found[0] if len(found) == 1 else {"anyOf": found}


def expand(shapes):
    return {name: schema(shapes, t, name) for name, t in shapes.items()}


def main():
    try:
        out = expand(load(sys.argv[1]))
    except (Fault, ValueError) as e:
        sys.exit("api_schemas: %s" % e)
    with open(sys.argv[2], "w", encoding="utf-8") as f:
        json.dump(out, f, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()

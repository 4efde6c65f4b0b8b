#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs named SQL statements and migrations into C. `sqlpack.py --out DIR FILE.sql…`

src/desk/conversation.sql:                          becomes, in DIR/conversation.h (include "sql/conversation.h"):
    -- name: get                                        extern const StoreSql CONVERSATION_GET;
    -- One conversation of the shop.                with the name "conversation.get"; the text lies in DIR/registry.c,
    SELECT … WHERE id = ?1                          beside STORE_ALL_SQL (every statement) and STORE_ALL_MIGRATIONS.
    -- pg: FOR UPDATE
    ;

A line that starts "-- sqlite:" or "-- pg:" holds for that engine only; a statement made of one engine's lines alone is
NULL on the other. Each statement needs a comment that says what it is for. ?1 … ?N become $1 … $N for PostgreSQL.
Files whose folder is called migrations (NNNN_area_what.sql) are schema changes: many statements, no names, no parameters.
"""
import argparse
import hashlib
import os
import re
import sys

ENGINES = ("sqlite", "pg")
NAME = re.compile(r"^--\s*name:\s*(.*?)\s*$")
ENGINE_LINE = re.compile(r"^--\s*(sqlite|pg):\s?(.*)$")
TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\?\d*|\s+|;|\$\w*\$|[^\s'"?;$/-]+|.""", re.S)
WORD = re.compile(r"^[a-z][a-z0-9_]*$")


class Fault(Exception):
    def __init__(self, path, line, text):
        super().__init__("%s:%d: %s" % (path, line, text))


def squeeze(path, line, text, engine, params):
    """One engine's text: comments gone, white space outside quotes folded, ?N and the type BLOB rewritten. Gives the
    list of statements."""
    out, statements = "", []
    for token in TOKEN.findall(text):
        if token.startswith("--") or token.startswith("/*"):
            out += " " if out and not out.endswith(" ") else ""
        elif token.isspace():
            out += " " if out and not out.endswith(" ") else ""
        elif token == ";":
            if out.strip():
                statements.append(out.strip())
            out = ""
        elif token.startswith("?"):
            if token == "?":
                raise Fault(path, line, "a parameter needs its number: ?1")
            params.add(int(token[1:]))
            out += "$" + token[1:] if engine == "pg" else token
        elif token in ("'", '"'):
            raise Fault(path, line, "a quote is not closed")
        elif engine == "pg" and token[0] not in "'\"":
            out += re.sub(r"\bBLOB\b", "BYTEA", token)
        else:
            out += token
    if out.strip():
        statements.append(out.strip())
    return statements


def engine_text(lines, engine):
    """Lines for one engine; the other's vanish."""
    out = []
    for line in lines:
        m = ENGINE_LINE.match(line.strip())
        if not m:
            out.append(line)
        elif m.group(1) == engine:
            out.append(m.group(2))
    return "\n".join(out)


def split_named(path, text):
    """[(name, line, lines)] of a file of named statements."""
    parts = []
    for number, line in enumerate(text.split("\n"), 1):
        m = NAME.match(line)
        if m:
            if not WORD.match(m.group(1)):
                raise Fault(path, number, "the name '%s' must be lower case words joined by _" % m.group(1))
            parts.append((m.group(1), number, []))
        elif parts:
            parts[-1][2].append(line)
        elif line.strip() and not line.strip().startswith("--"):
            raise Fault(path, number, "SQL before the first '-- name:'")
    if not parts:
        raise Fault(path, 1, "no '-- name:' in the file")
    return parts


def pack_statement(path, prefix, name, line, lines):
    first = next((x.strip() for x in lines if x.strip()), "")
    if not first.startswith("--") or ENGINE_LINE.match(first) or not first.strip("- "):
        raise Fault(path, line, "the line under '-- name: %s' must be a comment that says what it is for" % name)
    texts, counts = {}, {}
    for engine in ENGINES:
        params = set()
        found = squeeze(path, line, engine_text(lines, engine), engine, params)
        if len(found) > 1:
            raise Fault(path, line, "'%s' holds %d statements; give each its name" % (name, len(found)))
        texts[engine] = found[0] if found else None
        if found:
            if params != set(range(1, len(params) + 1)):
                raise Fault(path, line, "'%s' must use every parameter from ?1 to ?%d on %s" % (name, max(params), engine))
            counts[engine] = len(params)
    if not counts:
        raise Fault(path, line, "'%s' has no SQL" % name)
    if len(set(counts.values())) > 1:
        raise Fault(path, line, "'%s' has %d parameters on sqlite and %d on pg" % (name, counts["sqlite"], counts["pg"]))
    return {"symbol": "%s_%s" % (prefix.upper(), name.upper()), "name": "%s.%s" % (prefix, name), "texts": texts,
            "params": next(iter(counts.values()))}


def pack_file(path, text):
    prefix = os.path.splitext(os.path.basename(path))[0]
    if not WORD.match(prefix):
        raise Fault(path, 1, "the file name must be lower case words joined by _")
    seen, out = set(), []
    for name, line, lines in split_named(path, text):
        if name in seen:
            raise Fault(path, line, "'%s' is named twice" % name)
        seen.add(name)
        out.append(pack_statement(path, prefix, name, line, lines))
    return prefix, out


def pack_migration(path, text):
    base = os.path.splitext(os.path.basename(path))[0]
    m = re.match(r"^(\d{4})_([a-z][a-z0-9_]*)$", base)
    if not m or int(m.group(1)) == 0:
        raise Fault(path, 1, "a migration is called NNNN_area_what.sql")
    texts = {}
    for engine in ENGINES:
        params = set()
        found = squeeze(path, 1, engine_text(text.split("\n"), engine), engine, params)
        if params:
            raise Fault(path, 1, "a migration has no parameters")
        texts[engine] = "".join(s + ";\n" for s in found)
    # Over what is executed, not over comments: a better comment is not another schema.
    digest = hashlib.sha256("\0".join(texts[e] for e in ENGINES).encode()).hexdigest()
    return {"number": int(m.group(1)), "name": base, "checksum": digest, "texts": texts, "path": path}


def c_string(text):
    if text is None:
        return "NULL"
    out, line = [], '"'
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\':
            piece = "\\" + char
        elif char == "\n":
            piece = "\\n"
        elif char == "?":
            piece = "\\?"
        elif 32 <= byte < 127:
            piece = char
        else:
            piece = "\\%03o" % byte
        if len(line) + len(piece) > 110:
            out.append(line + '"')
            line = '"'
        line += piece
    out.append(line + '"')
    return "\n    ".join(out)


HEAD = "/* SPDX-License-Identifier: Apache-2.0 */\n/* Made by tools/sqlpack.py. */\n"


def header(prefix, statements):
    guard = "SQL_%s_H" % prefix.upper()
    lines = [HEAD + "#ifndef %s\n#define %s\n#include \"store/store.h\"\n" % (guard, guard)]
    lines += ["extern const StoreSql %s;" % s["symbol"] for s in statements]
    return "\n".join(lines) + "\n#endif\n"


def registry(files, migrations):
    out = [HEAD + '#include "store/store_migrate.h"\n']
    out += ['#include "sql/%s.h"' % prefix for prefix, _ in files]
    slot, symbols = 0, []
    for _, statements in files:
        for s in statements:
            out.append('const StoreSql %s = {"%s",\n    %s,\n    %s,\n    %d, %d};' % (
                s["symbol"], s["name"], c_string(s["texts"]["sqlite"]), c_string(s["texts"]["pg"]), s["params"], slot))
            symbols.append(s["symbol"])
            slot += 1
    out.append("const StoreSql *const STORE_ALL_SQL[] = {%s\n    NULL};" % "".join("\n    &%s," % s for s in symbols))
    out.append("const StoreMigration STORE_ALL_MIGRATIONS[] = {")
    for m in migrations:
        out.append('    {%d, "%s", "%s",\n    %s,\n    %s},' % (
            m["number"], m["name"], m["checksum"], c_string(m["texts"]["sqlite"]), c_string(m["texts"]["pg"])))
    out.append("    {0, NULL, NULL, NULL, NULL}};")
    return "\n".join(out) + "\n"


def pack(paths, read):
    """{file name: text} for the out folder."""
    files, migrations, prefixes = [], [], {}
    for path in paths:
        text = read(path)
        if os.path.basename(os.path.dirname(path)) == "migrations":
            migrations.append(pack_migration(path, text))
            continue
        prefix, statements = pack_file(path, text)
        if prefix in prefixes:
            raise Fault(path, 1, "%s has the same name: statements would mix" % prefixes[prefix])
        prefixes[prefix] = path
        files.append((prefix, statements))
    migrations.sort(key=lambda m: m["number"])
    for a, b in zip(migrations, migrations[1:]):
        if a["number"] == b["number"]:
            raise Fault(b["path"], 1, "migration number %04d is taken by %s" % (b["number"], a["name"]))
    symbols = {}
    for prefix, statements in files:
        for s in statements:
            if s["symbol"] in symbols:
                raise Fault(prefixes[prefix], 1, "%s and %s give the same symbol" % (symbols[s["symbol"]], s["name"]))
            symbols[s["symbol"]] = s["name"]
    out = {"%s.h" % prefix: header(prefix, statements) for prefix, statements in files}
    out["registry.c"] = registry(files, migrations)
    return out


def read_file(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def write_if_changed(path, text):
    """An unchanged header keeps its time, so one edited statement rebuilds one room."""
    if os.path.exists(path) and read_file(path) == text:
        return
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main():
    parser = argparse.ArgumentParser(description="packs .sql files into C")
    parser.add_argument("--out", required=True)
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    try:
        made = pack(args.files, read_file)
    except (Fault, OSError, UnicodeDecodeError) as fault:
        print("sqlpack: %s" % fault, file=sys.stderr)
        return 1
    os.makedirs(args.out, exist_ok=True)
    for name, text in made.items():
        write_if_changed(os.path.join(args.out, name), text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

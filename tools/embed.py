#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs files into the program. `embed.py --out DIR --name content --root content FILE…`

Writes DIR/content_files.h, .c and .S: a table `CONTENT_FILES[]` of {name, bytes, n}, ended by a NULL name, sorted by name,
and its length `CONTENT_FILES_N`. Names are relative to --root, with --prefix in front. The bytes are taken in by the
assembler (.incbin): a megabyte as a C array costs the compiler seconds, this costs nothing. A zero byte follows each file.
Options: --name gives file and symbol names (lower case words joined by _); --prefix "/assets/"; --root.
"""
import argparse
import hashlib
import os
import re
import sys

HEAD = "/* SPDX-License-Identifier: Apache-2.0 */\n/* Made by tools/embed.py. */\n"


class Fault(Exception):
    pass


def asm_string(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


def c_string(text):
    return "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else "\\%03o" % b for b in text.encode())


def header(name):
    upper = name.upper()
    return HEAD + """#ifndef EMBED_%(u)s_FILES_H
#define EMBED_%(u)s_FILES_H
#include <stddef.h>
#ifndef EMBED_FILE_TYPE
#define EMBED_FILE_TYPE
typedef struct {
    const char *name; /* NULL ends the table */
    const char *bytes;
    size_t n; /* a zero byte follows, uncounted */
} EmbedFile;
#endif
extern const EmbedFile %(u)s_FILES[];
extern const size_t %(u)s_FILES_N;
#endif
""" % {"u": upper}


def table(name, entries):
    out = [HEAD, '#include "%s_files.h"\n' % name]
    out += ["extern const char embed_%s_%d[];" % (name, i) for i in range(len(entries))]
    out.append("const EmbedFile %s_FILES[] = {" % name.upper())
    out += ['    {"%s", embed_%s_%d, %d},' % (c_string(e["name"]), name, i, e["n"]) for i, e in enumerate(entries)]
    out.append("    {NULL, NULL, 0}};")
    out.append("const size_t %s_FILES_N = %d;" % (name.upper(), len(entries)))
    return "\n".join(out) + "\n"


def assembler(name, entries):
    """The digest is a comment: a changed file changes this text, and so the object is made anew."""
    out = [HEAD + "    .section .rodata"]
    for i, e in enumerate(entries):
        out.append("    .balign 16\n    .global embed_%s_%d\nembed_%s_%d: /* %s */" % (name, i, name, i, e["digest"]))
        out.append('    .incbin "%s"\n    .byte 0' % asm_string(e["path"]))
    out.append('    .section .note.GNU-stack,"",%progbits')
    return "\n".join(out) + "\n"


def read_entry(path, root, prefix):
    with open(path, "rb") as f:
        data = f.read()
    relative = os.path.relpath(path, root).replace(os.sep, "/")
    if relative.startswith("../"):
        raise Fault("%s lies outside %s" % (path, root))
    return {"name": prefix + relative, "path": os.path.abspath(path), "n": len(data), "digest": hashlib.sha256(data).hexdigest()}


def make(name, entries):
    """{file name: text} for the out folder."""
    if not re.match(r"^[a-z][a-z0-9_]*$", name):
        raise Fault("--name %r must be lower case words joined by _" % name)
    entries = sorted(entries, key=lambda e: e["name"])
    for a, b in zip(entries, entries[1:]):
        if a["name"] == b["name"]:
            raise Fault("%s is given twice" % a["name"])
    return {name + "_files.h": header(name), name + "_files.c": table(name, entries), name + "_files.S": assembler(name, entries)}


def main():
    parser = argparse.ArgumentParser(description="packs files into the program")
    parser.add_argument("--out", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--root", required=True)
    parser.add_argument("--prefix", default="")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    try:
        made = make(args.name, [read_entry(f, args.root, args.prefix) for f in args.files])
    except (Fault, OSError) as fault:
        print("embed: %s" % fault, file=sys.stderr)
        return 1
    os.makedirs(args.out, exist_ok=True)
    for name, text in made.items():
        path = os.path.join(args.out, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                if f.read() == text:
                    continue
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs the built front end into the program: an assembler file with the bytes and a C table of them.

embed_web.py --out-c FILE --out-s FILE [--depfile FILE] PREFIX=FOLDER…    /=web/desk/dist  /widget/=web/widget/dist
A folder that is not there is left out (a build without the front end serves the API alone). Files whose name carries a hash
are immutable. Text is also packed with gzip and, when the brotli program is there, brotli: kept when smaller.
"""
import argparse
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".ico": "image/x-icon",
         ".json": "application/json", ".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8",
         ".webmanifest": "application/manifest+json", ".wav": "audio/wav", ".mp3": "audio/mpeg"}
SQUEEZE = {".html", ".js", ".css", ".svg", ".json", ".txt", ".webmanifest"}
HASHED = re.compile(r"[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$")


def squeezed(data, brotli):
    out = {"gzip": gzip.compress(data, 9, mtime=0)}
    if brotli:
        out["brotli"] = subprocess.run([brotli, "-q", "11", "-c", "-"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return {k: v for k, v in out.items() if len(v) < len(data)}


def collect(sources):
    files = []
    for source in sources:
        prefix, folder = source.split("=", 1)
        for base, dirs, names in os.walk(folder):
            dirs.sort()
            for name in sorted(names):
                path = os.path.join(base, name)
                extension = os.path.splitext(name)[1]
                if extension in TYPES:
                    files.append((prefix + os.path.relpath(path, folder).replace(os.sep, "/"), path, extension))
    return sorted(files)


def write_if_new(path, data):
    try:
        with open(path, "rb") as f:
            if f.read() == data:
                return
    except OSError:
        pass
    with open(path, "wb") as f:
        f.write(data)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--out-c", required=True)
    p.add_argument("--out-s", required=True)
    p.add_argument("sources", nargs="*")
    o = p.parse_args()
    brotli = shutil.which("brotli")
    blobs = os.path.join(os.path.dirname(os.path.abspath(o.out_s)), "web_blobs")
    os.makedirs(blobs, exist_ok=True)
    asm = [".section .rodata", ".balign 16"]
    declared, rows = [], []
    for i, (url, path, extension) in enumerate(collect(o.sources)):
        with open(path, "rb") as f:
            data = f.read()
        parts = {"raw": data}
        if extension in SQUEEZE:
            parts.update(squeezed(data, brotli))
        for kind, content in parts.items():
            name = "web_%d_%s" % (i, kind)
            blob = os.path.join(blobs, name)
            write_if_new(blob, content)
            asm += [".global " + name, ".balign 16", name + ":", '.incbin "%s"' % blob, ".byte 0"]
            declared.append("extern const unsigned char %s[];" % name)
        etag = hashlib.sha256(data).hexdigest()[:16]
        size = {k: len(v) for k, v in parts.items()}
        pointer = {k: "web_%d_%s" % (i, k) if k in parts else "NULL" for k in ("raw", "gzip", "brotli")}
        rows.append('    {"%s", "%s", "%s", %s, %s, %s, %d, %d, %d, %s},' % (
            url, TYPES[extension], etag, pointer["raw"], pointer["gzip"], pointer["brotli"], size["raw"], size.get("gzip", 0),
            size.get("brotli", 0), "true" if HASHED.search(url) else "false"))
    asm.append('.section .note.GNU-stack,"",@progbits')
    c = ["/* Made by tools/embed_web.py. */", '#include "api/internal.h"', ""] + declared
    c += ["const WebFile WEB_FILES[] = {"] + rows + ["    {0},", "};", ""]
    # Changed bytes must reassemble: the table's text carries every etag, and the assembler file names them too.
    asm.append("# " + hashlib.sha256("\n".join(rows).encode()).hexdigest())
    write_if_new(o.out_c, "\n".join(c).encode())
    write_if_new(o.out_s, ("\n".join(asm) + "\n").encode())
    return 0


sys.exit(main())

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


def squeezed(data, kind, brotli):
    if kind == "gzip":
        return gzip.compress(data, 9, mtime=0)
    return subprocess.run([brotli, "-q", "11", "-c", "-"], input=data, stdout=subprocess.PIPE, check=True).stdout


class Blobs:
    """Files with the bytes to embed, each named by what it is made from: this runs at every build, packing takes seconds."""

    def __init__(self, folder, brotli):
        self.folder, self.brotli, self.used = folder, brotli, set()
        os.makedirs(folder, exist_ok=True)

    def keep(self, data, kind):
        """(path, size) of data, raw or packed."""
        name = hashlib.sha256(data).hexdigest()[:32] + "_" + kind
        path = os.path.join(self.folder, name)
        self.used.add(name)
        if not os.path.exists(path):
            with open(path + ".new", "wb") as f:
                f.write(data if kind == "raw" else squeezed(data, kind, self.brotli))
            os.replace(path + ".new", path)  # a build that was broken off leaves no half of one
        return path, os.path.getsize(path)

    def parts(self, data, extension):
        kinds = ["raw"]
        if extension in SQUEEZE:
            kinds += ["gzip"] + (["brotli"] if self.brotli else [])
        made = {kind: self.keep(data, kind) for kind in kinds}
        return {kind: made[kind] for kind in kinds if kind == "raw" or made[kind][1] < len(data)}

    def sweep(self):
        for name in set(os.listdir(self.folder)) - self.used:
            os.remove(os.path.join(self.folder, name))


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
    blobs = Blobs(os.path.join(os.path.dirname(os.path.abspath(o.out_s)), "web_blobs"), shutil.which("brotli"))
    asm = [".section .rodata", ".balign 16"]
    declared, rows = [], []
    for i, (url, path, extension) in enumerate(collect(o.sources)):
        with open(path, "rb") as f:
            data = f.read()
        parts = blobs.parts(data, extension)
        for kind, (blob, _) in parts.items():
            name = "web_%d_%s" % (i, kind)
            asm += [".global " + name, ".balign 16", name + ":", '.incbin "%s"' % blob, ".byte 0"]
            declared.append("extern const unsigned char %s[];" % name)
        etag = hashlib.sha256(data).hexdigest()[:16]
        size = {k: v[1] for k, v in parts.items()}
        pointer = {k: "web_%d_%s" % (i, k) if k in parts else "NULL" for k in ("raw", "gzip", "brotli")}
        rows.append('    {"%s", "%s", "%s", %s, %s, %s, %d, %d, %d, %s},' % (
            url, TYPES[extension], etag, pointer["raw"], pointer["gzip"], pointer["brotli"], size["raw"], size.get("gzip", 0),
            size.get("brotli", 0), "true" if HASHED.search(url) else "false"))
    asm.append('.section .note.GNU-stack,"",@progbits')
    c = ["/* Made by tools/embed_web.py. */", '#include "api/internal.h"', ""] + declared
    c += ["const WebFile WEB_FILES[] = {"] + rows + ["    {0},", "};", ""]
    write_if_new(o.out_c, "\n".join(c).encode())
    write_if_new(o.out_s, ("\n".join(asm) + "\n").encode())  # changed bytes have another name, so they are assembled anew
    blobs.sweep()
    return 0


sys.exit(main())

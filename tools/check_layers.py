#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rooms include only rooms below them (the table of ARCHITECTURE.md). Run by `meson test`; `check_layers.py [ROOT]`.

Also: a quoted include names its room ("base/str.h"), the file exists, and x_internal.h stays inside its room.
"""
import os
import re
import sys

from check_common import Report, list_files, read_text, source_root, strip_c

LAYERS = [
    ["base"],
    ["store", "bus", "net", "nlu"],
    ["accounts", "knowledge", "orders"],
    ["desk", "aftersale"],
    ["assist", "quality"],
    ["service"],
    ["channels", "care", "training"],
    ["api"],
    ["app"],
]
# Rooms of one layer do not know each other, but for these (includer, included).
SAME_LAYER = {("quality", "assist")}
# A pure room stays pure: these never include what is named, although it lies below.
FORBIDDEN = {("nlu", "store"), ("nlu", "net"), ("nlu", "bus")}

LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)


def allowed(room, other):
    if (room, other) in FORBIDDEN:
        return False
    return room == other or LEVEL[other] < LEVEL[room] or (room, other) in SAME_LAYER


def main():
    root = source_root(sys.argv)
    report = Report("layers")
    for name in list_files(root):
        parts = name.split("/")
        if parts[0] != "src" or not name.endswith((".c", ".h")):
            continue
        report.seen += 1
        if len(parts) < 3:
            report.fault(name, 0, "source lies in a room's folder, not in src/ itself")
            continue
        room = parts[1]
        if room not in LEVEL:
            report.fault(name, 0, "room %r is not in the layer table of tools/check_layers.py" % room)
            continue
        code = strip_c(read_text(root, name), keep_strings=True)
        for m in INCLUDE.finditer(code):
            target = m.group(1)
            line = code.count("\n", 0, m.start(1)) + 1
            other = target.split("/")[0]
            if other == "sql":  # generated from a .sql file: only the room that owns the file may use it
                source = "src/%s/%s.sql" % (room, os.path.basename(target)[:-len(".h")])
                if not os.path.isfile(os.path.join(root, source)):
                    report.fault(name, line, "%s is not from a .sql file of this room (%s)" % (target, source))
                continue
            if other not in LEVEL or ".." in target:
                report.fault(name, line, 'include "%s" does not name a room first' % target)
                continue
            if not allowed(room, other):
                report.fault(name, line, "%s (layer %d) may not include %s (layer %d): %s"
                             % (room, LEVEL[room], other, LEVEL[other], target))
            if (target.endswith("_internal.h") or target.endswith("/internal.h")) and other != room:
                report.fault(name, line, "%s is private to src/%s" % (target, other))
            if not os.path.isfile(os.path.join(root, "src", target)):
                report.fault(name, line, "no such file: src/%s" % target)
    report.finish()


main()

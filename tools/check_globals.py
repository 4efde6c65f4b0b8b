#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No mutable globals: looks at every static library of the build with nm. `check_globals.py BUILD_DIR`.

Anything in .data, .bss, .tdata, .tbss or common is a fault unless it is named below with its reason.
Constant tables with addresses lie in .data.rel.ro and are fine.
"""
import glob
import os
import subprocess
import sys

ALLOW = {
    # (library, symbol): why it must be
}


def mutable(section):
    section = section.strip()
    if section.startswith(".data.rel.ro"):
        return False
    return section.startswith((".data", ".bss", ".tdata", ".tbss", "*COM*"))


def main():
    build = sys.argv[1]
    libraries = sorted(glob.glob(os.path.join(build, "src", "*", "*.a")))
    faults = []
    symbols = 0
    used = set()
    for path in libraries:
        room = os.path.basename(os.path.dirname(path))
        out = subprocess.run(["nm", "--format=sysv", path], check=True, capture_output=True, text=True).stdout
        member = ""
        for line in out.splitlines():
            if line.startswith("Symbols from "):
                member = line[len("Symbols from "):].rstrip(":").rstrip("]").split("[")[-1]
                continue
            fields = line.split("|")
            if len(fields) != 7 or fields[0].strip() == "Name":
                continue
            symbols += 1
            symbol = fields[0].strip()
            if mutable(fields[6]) and fields[3].strip() not in ("SECTION", "FILE"):
                key = (room, symbol.split(".")[0])
                if key in ALLOW:
                    used.add(key)
                    continue
                faults.append("src/%s (%s): %s lies in %s" % (room, member, symbol, fields[6].strip()))
    for fault in faults:
        print(fault)
    for key in sorted(set(ALLOW) - used):
        print("note: %s.%s is allowed but no longer there" % key)
    if not libraries or not symbols:
        print("globals: no static library found under %s/src; the check itself is broken" % build)
        sys.exit(1)
    print("globals: %d libraries, %d symbols, %d faults" % (len(libraries), symbols, len(faults)))
    sys.exit(1 if faults else 0)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns trad.txt into trad_table.h, sorted by code point: trad_gen.py trad.txt trad_table.h"""
import sys

HEAD = """/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* Written by trad_gen.py from trad.txt: Traditional and Simplified characters, sorted by the first. */
#ifndef NLU_TRAD_TABLE_H
#define NLU_TRAD_TABLE_H
#include <stdint.h>

static const struct {
    uint16_t from, to;
} trad_table[] = {
"""


def main(source, target):
    pairs = {}
    for line in open(source, encoding="utf-8"):
        if line.startswith("#"):
            continue
        for pair in line.split():
            if len(pair) != 2:
                sys.exit(f"{source}: '{pair}' is not a pair")
            if pairs.setdefault(pair[0], pair[1]) != pair[1]:
                sys.exit(f"{source}: '{pair[0]}' has two readings")
    cells = [f"{{0x{ord(a):04X}, 0x{ord(b):04X}}}," for a, b in sorted(pairs.items()) if a != b]
    with open(target, "w", encoding="utf-8") as out:
        out.write(HEAD)
        for i in range(0, len(cells), 5):
            out.write("    " + " ".join(cells[i:i + 5]) + "\n")
        out.write("};\n#endif\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

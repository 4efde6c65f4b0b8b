#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns pinyin.txt into a table in C, character -> number of its syllable: pinyin_gen.py pinyin.txt OUT.c

Syllables that are often typed for one another share a number: zh/z, ch/c, sh/s, and -ng/-n after a, e, i.
"""
import re
import sys

FIRST, CELLS = 0x4E00, 0x5200


def sound(syllable):
    s = re.sub(r"^([zcs])h", r"\1", syllable)
    return re.sub(r"([aei])ng$", r"\1n", s)


def main(source, target):
    numbers, cells = {}, [0] * CELLS
    for line in open(source, encoding="utf-8"):
        if line.startswith("#") or not line.strip():
            continue
        syllable, chars = line.split()
        number = numbers.setdefault(sound(syllable), len(numbers) + 1)
        for c in chars:
            if cells[ord(c) - FIRST]:
                sys.exit("%s: %s has two readings" % (source, c))
            cells[ord(c) - FIRST] = number
    with open(target, "w", encoding="utf-8") as out:
        out.write("/* Made by pinyin_gen.py. */\n#include <stdint.h>\n")
        out.write("extern const uint16_t nlu_pinyin_table[%d];\nconst uint16_t nlu_pinyin_table[%d] = {\n" % (CELLS, CELLS))
        for i in range(0, CELLS, 32):
            out.write(",".join(map(str, cells[i:i + 32])) + ",\n")
        out.write("};\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is what the desk kept the same as what was played? `compare_export.py INPUT.jsonl[.gz] EXPORT.jsonl[.gz] [--partial]`

INPUT   rows {id, turns:[{role: user|agent, text}…]}
EXPORT  `zhixin export conversations`: rows {id, external, turns:[{role, text, seq, …}…]}; external is the input's id.
Only turns of user and agent are compared: role by role, byte by byte, each row exactly once. --partial: rows that were
not played at all are fine (the first N of a file). Prints one JSON line; exit 1 on any difference.
"""
import gzip
import json
import sys


def rows(path):
    with open(path, "rb") as f:
        raw = f.read()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    for line in raw.decode("utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def turns_of(row):
    return [(t["role"], t["text"].encode("utf-8", "surrogatepass")) for t in row["turns"] if t["role"] in ("user", "agent")]


def compare(wanted_rows, kept_rows, partial, say):
    kept, faults = {}, 0
    for row in kept_rows:
        kept.setdefault(row.get("external") or "", []).append(row)
    compared = turns = 0
    for row in wanted_rows:
        found = kept.pop(row["id"], [])
        if not found:
            if not partial:
                faults += 1
                say("row %s: not in the export" % row["id"])
            continue
        if len(found) > 1:
            faults += 1
            say("row %s: %d conversations in the export" % (row["id"], len(found)))
        seqs = [t.get("seq", 0) for t in found[0]["turns"]]
        if any(b <= a for a, b in zip(seqs, seqs[1:])):
            faults += 1
            say("row %s: seq does not rise: %s" % (row["id"], seqs))
        want, have = turns_of(row), turns_of(found[0])
        compared += 1
        turns += len(want)
        for i in range(max(len(want), len(have))):
            w = want[i] if i < len(want) else None
            h = have[i] if i < len(have) else None
            if w == h:
                continue
            faults += 1
            if w is None:
                say("row %s turn %d: the export has one more (%s)" % (row["id"], i + 1, h[0]))
            elif h is None:
                say("row %s turn %d: missing in the export (%s)" % (row["id"], i + 1, w[0]))
            else:
                say("row %s turn %d: %s with %d bytes became %s with %d bytes"
                    % (row["id"], i + 1, w[0], len(w[1]), h[0], len(h[1])))
            break
    return {"compared": compared, "turns": turns, "others": sum(len(v) for v in kept.values()), "faults": faults}


def main():
    args = [a for a in sys.argv[1:] if not a.startswith("--")]
    if len(args) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    result = compare(rows(args[0]), rows(args[1]), "--partial" in sys.argv, lambda t: print(t, file=sys.stderr))
    print(json.dumps(result))
    sys.exit(1 if result["faults"] or not result["compared"] else 0)


if __name__ == "__main__":
    main()

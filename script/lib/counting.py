# SPDX-License-Identifier: Apache-2.0
"""Reads how many tests passed, failed and were skipped from what the test programs print."""
import json
import re


class Count:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        return "%d passed, %d failed" % (self.passed, self.failed) + (", %d skipped" % self.skipped if self.skipped else "")


PATTERNS = [
    # cmocka
    (re.compile(r"^\[  PASSED  \] (\d+) test\(s\)\.", re.M), "passed"),
    (re.compile(r"^\[  FAILED  \] [\w ]*?: (\d+) test\(s\)", re.M), "failed"),
    (re.compile(r"^\[  SKIPPED \] [\w ]*?: (\d+) test\(s\)", re.M), "skipped"),
    # node --test
    (re.compile(r"^(?:# |ℹ )pass (\d+)$", re.M), "passed"),
    (re.compile(r"^(?:# |ℹ )fail (\d+)$", re.M), "failed"),
    (re.compile(r"^(?:# |ℹ )(?:skipped|todo|cancelled) (\d+)$", re.M), "skipped"),
    # vitest
    (re.compile(r"^ *Tests .*?(\d+) passed", re.M), "passed"),
    (re.compile(r"^ *Tests .*?(\d+) failed", re.M), "failed"),
    (re.compile(r"^ *Tests .*?(\d+) (?:skipped|todo)", re.M), "skipped"),
]
OURS = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def count_text(text, ok):
    """Counts in the output of one program; a program that says nothing counts as one test by its exit status."""
    text = ESCAPES.sub("", text)
    c = Count()
    for m in OURS.finditer(text):
        c.add(Count(int(m.group(1)), int(m.group(2)), int(m.group(3) or 0)))
    for pattern, what in PATTERNS:
        for m in pattern.finditer(text):
            setattr(c, what, getattr(c, what) + int(m.group(1)))
    if c.passed + c.failed + c.skipped == 0:
        return Count(1, 0) if ok else Count(0, 1)
    if not ok and c.failed == 0:
        c.failed += 1
    return c


def failed_tap(text, most=8, lines=40):
    """The failed tests of node --test's output (TAP), each with its reason: the end of the output is often another test's."""
    rows, found = ESCAPES.sub("", text).splitlines(), []
    for i, row in enumerate(rows):
        if row.startswith("# Error:"):  # thrown outside every test
            found.append(row)
        if not re.match(r" *not ok \d+", row):
            continue
        block = [row]
        for below in rows[i + 1:i + lines]:
            block.append(below)
            if below.strip() == "...":
                break
        found.append("\n".join(block))
    return "\n".join(found[:most])


def count_meson(log_path):
    """From meson-logs/testlog.json: each line one test program. Returns (Count, [(name, output) of the failed])."""
    total, failures = Count(), []
    with open(log_path, encoding="utf-8") as f:
        for line in f:
            t = json.loads(line)
            ok = t["result"] in ("OK", "EXPECTEDFAIL")
            output = (t.get("stdout") or "") + (t.get("stderr") or "")
            if t["result"] == "SKIP":
                c = Count(0, 0, 1)
            else:
                c = count_text(output, ok)
            total.add(c)
            if not ok or c.failed or c.skipped:
                failures.append((t["name"], output))
    return total, failures

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every stable code in src/ has its line in docs/errors.md, and no line is about a code that is gone. Run by `meson test`;
`check_errors.py [ROOT]`; `check_errors.py --list [ROOT]` prints the codes with where they are set.

A code is a text like "conversation.closed" at the place of the code in a call that sets an error (FUNCTIONS), in a value given to a
variable named code, behind the status in a table of refusals, or before the words `/* code */`. A status that is a number must be
one that the source gives the code.
"""
import re
import sys

from check_common import Report, list_files, read_text, source_root, strip_c

# function -> which argument is the code, from 0
FUNCTIONS = {
    "err_set": 2, "err_field": 2, "err_retry": 2, "ctx_err": 2, "ctx_field": 2,
    "reply_status": 4, "accounts_refuse": 2, "accounts_refuse_proof": 2,
}
STATUS = {"INVALID": 400, "AUTH": 401, "DENIED": 403, "NOT_FOUND": 404, "CONFLICT": 409, "TOO_LARGE": 413, "LIMIT": 429, "BUSY": 503,
          "UPSTREAM": 502, "STORAGE": 507, "INTERNAL": 500}
KIND = re.compile(r"\bERR_([A-Z_]+)\b|\b([1-5]\d\d)\b")
CALL = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(FUNCTIONS))
CODE = re.compile(r'"([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)"')
MARKED = re.compile(r'"([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)"[^"\n]*/\* code \*/')
ASSIGNED = re.compile(r"\bcode\s*=(?!=)([^;]*);")
REFUSAL = re.compile(r'\{\s*(?:[1-5]\d\d|status),\s*"([a-z][a-z0-9_]*\.[a-z0-9_.]+)"')
DOC = "docs/errors.md"
ROW = re.compile(r"^\| `([a-z][a-z0-9_.]*)` \| ([^|]*) \|", re.M)


def arguments(code, at):
    """The texts of the arguments of the call whose '(' is before `at`."""
    args, depth, start, i = [], 0, at, at
    while i < len(code):
        c = code[i]
        if c in "\"'":
            j = i + 1
            while j < len(code) and code[j] != c:
                j += 2 if code[j] == "\\" else 1
            i = j
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            if depth == 0:
                args.append(code[start:i])
                return args
            depth -= 1
        elif c == "," and depth == 0:
            args.append(code[start:i])
            start = i + 1
        i += 1
    return args


def statuses(name, args):
    if name.endswith("field"):
        return {400}
    text = args[3] if name == "reply_status" else args[1]
    return {STATUS[k] if k else int(n) for k, n in KIND.findall(text) if not k or k in STATUS}


def codes_of(text):
    """Triples (code, line, statuses as far as the source shows them)."""
    code = strip_c(text, keep_strings=True)
    for m in CALL.finditer(code):
        args = arguments(code, m.end())
        want = FUNCTIONS[m.group(1)]
        if len(args) > want:
            for literal in CODE.finditer(args[want]):
                yield literal.group(1), code.count("\n", 0, m.start()) + 1, statuses(m.group(1), args)
    for m in ASSIGNED.finditer(code):
        for literal in CODE.finditer(m.group(1)):
            if "." in literal.group(1):
                yield literal.group(1), code.count("\n", 0, m.start()) + 1, set()
    for m in REFUSAL.finditer(code):
        yield m.group(1), code.count("\n", 0, m.start()) + 1, {int(n) for n in re.findall(r"\d{3}", m.group(0)[:8])}
    for m in MARKED.finditer(text):
        yield m.group(1), text.count("\n", 0, m.start()) + 1, set()


def main():
    argv = [a for a in sys.argv if a != "--list"]
    root = source_root(argv)
    report = Report("errors")
    seen, given = {}, {}
    for name in list_files(root):
        base = name.rsplit("/", 1)[-1]
        if not name.startswith("src/") or not base.endswith((".c", ".h")) or base.startswith("test_") or \
                base.endswith(("_test.c", "_fuzz.c", "_eval.c")):
            continue
        report.seen += 1
        for code, line, status in codes_of(read_text(root, name)):
            seen.setdefault(code, []).append((name, line))
            given.setdefault(code, set()).update(status)
    if len(argv) != len(sys.argv):
        for code in sorted(seen):
            print("%-34s %s" % (code, ", ".join("%s:%d" % place for place in seen[code])))
        return
    rows = ROW.findall(read_text(root, DOC)) if DOC in list_files(root) else []
    listed = [code for code, _ in rows]
    for code, status in rows:
        if status.isdigit() and given.get(code) and int(status) not in given[code]:
            report.fault(DOC, 0, "%s is answered with %s, not %s" % (code, ", ".join(map(str, sorted(given[code]))), status))
    for code in sorted(seen):
        if code not in listed:
            report.fault(seen[code][0][0], seen[code][0][1], "code %s has no line in %s" % (code, DOC))
    for code in sorted(set(listed)):
        if code not in seen:
            report.fault(DOC, 0, "no source sets the code %s" % code)
        if listed.count(code) > 1:
            report.fault(DOC, 0, "two lines about %s" % code)
    if not seen:
        report.seen = 0
    report.finish()


main()

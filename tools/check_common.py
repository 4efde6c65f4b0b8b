# SPDX-License-Identifier: Apache-2.0
"""What the house checks share: the list of files, C source without comments or strings, and the report."""
import os
import re
import subprocess
import sys

SKIP_DIRS = {".git", "node_modules", "dist", ".cache", "__pycache__"}


def source_root(argv):
    return os.path.abspath(argv[1]) if len(argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def list_files(root):
    """Files that are tracked, or new and not ignored; in a plain folder (a release archive) all files."""
    try:
        out = subprocess.run(
            ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True).stdout
        top = subprocess.run(["git", "-C", root, "rev-parse", "--show-toplevel"],
                             check=True, capture_output=True, text=True).stdout.strip()
        if os.path.realpath(top) == os.path.realpath(root):
            names = sorted({n.decode() for n in out.split(b"\0") if n})
            return [n for n in names if os.path.isfile(os.path.join(root, n))]
    except (OSError, subprocess.CalledProcessError):
        pass
    found = []
    for folder, dirs, names in os.walk(root):
        dirs[:] = [d for d in dirs if d not in SKIP_DIRS and not d.startswith("build")]
        for name in names:
            found.append(os.path.relpath(os.path.join(folder, name), root))
    return sorted(found)


def read_text(root, name):
    with open(os.path.join(root, name), "rb") as f:
        return f.read().decode("utf-8", "replace")


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def strip_c(text, keep_strings=False):
    """The code without comments (and strings), line numbers kept."""
    def blank(m):
        t = m.group(0)
        if t[0] in "\"'":
            return t if keep_strings else t[0] + t[0]
        return "\n" * t.count("\n") or " "
    return TOKEN.sub(blank, text)


class Report:
    def __init__(self, what):
        self.what = what
        self.faults = []
        self.seen = 0

    def fault(self, where, line, why):
        self.faults.append("%s:%s: %s" % (where, line, why) if line else "%s: %s" % (where, why))

    def finish(self):
        for fault in self.faults:
            print(fault)
        if not self.seen:
            print("%s: nothing was looked at; the check itself is broken" % self.what)
            sys.exit(1)
        print("%s: %d looked at, %d faults" % (self.what, self.seen, len(self.faults)))
        sys.exit(1 if self.faults else 0)

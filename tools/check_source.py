#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rules for source text. Run by `meson test`; `check_source.py [ROOT]`.

banned      functions that overflow, hide state or run a shell
sql         SQL text in a .c file outside src/store (it belongs in a .sql file beside the module)
spdx        the licence line at the head of every source file
place       paths and registry hosts of somebody's own machine in a tracked file
length      files longer than 600 lines; what a program makes ("Not edited by hand." in its head) is as long as it is
static      a `static` variable that is not const
"""
import re
import sys

from check_common import Report, list_files, read_text, source_root, strip_c

MAX_LINES = 600

BANNED = {
    "strcpy": "memcpy with a known length, or Str",
    "strcat": "Buf", "strncpy": "memcpy with a known length", "strncat": "Buf", "stpcpy": "Buf",
    "sprintf": "snprintf, str_fmt or buf_fmt", "vsprintf": "vsnprintf",
    "gets": "fgets", "scanf": "str_i64", "sscanf": "str_i64 and str_cut", "fscanf": "str_i64",
    "strtok": "str_cut", "atoi": "str_i64", "atol": "str_i64", "atoll": "str_i64", "atof": "strtod with its end checked",
    "rand": "rng_bytes", "srand": "rng_bytes", "random": "rng_bytes", "srandom": "rng_bytes", "drand48": "rng_bytes",
    "system": "posix_spawn", "popen": "posix_spawn",
    "alloca": "an arena", "setjmp": "an Err", "longjmp": "an Err", "sigsetjmp": "an Err", "siglongjmp": "an Err",
    "tmpnam": "mkstemp", "mktemp": "mkstemp", "tempnam": "mkstemp",
    "gmtime": "gmtime_r", "localtime": "localtime_r", "ctime": "clock_iso", "asctime": "clock_iso",
    "gethostbyname": "getaddrinfo", "inet_addr": "inet_pton", "inet_ntoa": "inet_ntop", "usleep": "nanosleep",
    "vfork": "posix_spawn",
}
BANNED_CALL = re.compile(r"(?<![A-Za-z0-9_.>])(%s)\s*\(" % "|".join(BANNED))

SQL = re.compile(
    r'"\s*(?:select\s+[\w*(?,. ]+|insert\s+(?:or\s+\w+\s+)?into\s|update\s+\w+\s+set\s|delete\s+from\s'
    r'|(?:create|drop|alter)\s+(?:table|index|view|unique|virtual|trigger)\b|with\s+\w+\s+as\s*\(|begin\s+immediate|pragma\s+\w+)',
    re.I)

SPDX = "SPDX-License-Identifier: Apache-2.0"
SPDX_EXT = (".c", ".h", ".S", ".py", ".sh", ".sql", ".ts", ".mts", ".mjs", ".js", ".vue", ".css", ".service")
SPDX_NAMES = ("meson.build", "meson_options.txt", "Containerfile", ".clang-format")

# Written in pieces, so that this file does not break its own rule.
PLACES = [
    (re.compile("/wo" + r"rk/(?!flows)"), "a path of somebody's own machine"),
    (re.compile(r"\.lib" + r"rary/"), "a path of somebody's own machine"),
    (re.compile(r"/ho" + r"me/[a-z]"), "a path of somebody's own machine"),
    (re.compile(r"https?://(?:[\w.-]*\.)?(?:regis" + r"try|artif" + r"actory|nex" + r"us|veb" + r"lo|pypi|npm" + r"js|npm" + r"mirror)[\w-]*(?:\.[\w-]+)+"),
     "the address of a package registry"),
    (re.compile(r'"resol' + r'ved"\s*:\s*"http'), "a lock file that records addresses"),
]
PLACE_SKIP = (".png", ".jpg", ".webp", ".woff2", ".ico", ".gz", ".br", ".wasm")

LENGTH_EXT = (".c", ".h", ".py", ".sh", ".sql", ".ts", ".mts", ".mjs", ".vue", ".css")

STATIC = re.compile(r"^[ \t]*static\s+(?P<decl>[^;{}()=]*?)\b[A-Za-z_]\w*\s*(?:\[[^\]]*\]\s*)*(?:=|;)", re.M)
STATIC_OK = re.compile(r"\bconst\s*$|\bconst\b(?!.*\*)|\*\s*const\b|_Thread_local")


def check_c(report, name, text):
    code = strip_c(text)
    for m in BANNED_CALL.finditer(code):
        word = m.group(1)
        line = code.count("\n", 0, m.start()) + 1
        report.fault(name, line, "banned: %s(); use %s" % (word, BANNED[word]))
    # Mutable statics are also seen by check_globals.py in the object files; here they are found before building.
    for m in STATIC.finditer(code):
        decl = m.group("decl")
        if not STATIC_OK.search(decl.strip() + " ") and "const" not in decl.split("*")[-1]:
            if re.search(r"\bconst\b", decl) and "*" not in decl:
                continue
            report.fault(name, code.count("\n", 0, m.start()) + 1, "static: mutable static variable; put it in a struct that is passed")
    if not name.startswith("src/store/"):
        with_strings = strip_c(text, keep_strings=True)
        for m in SQL.finditer(with_strings):
            report.fault(name, with_strings.count("\n", 0, m.start()) + 1, "sql: SQL text in C; move it to a .sql file beside the module")


def main():
    root = source_root(sys.argv)
    report = Report("source")
    for name in list_files(root):
        base = name.rsplit("/", 1)[-1]
        if base.endswith(PLACE_SKIP):
            continue
        text = read_text(root, name)
        report.seen += 1
        first = "\n".join(text.split("\n", 3)[:3])
        script = text.startswith("#!")
        if (base.endswith(SPDX_EXT) or base in SPDX_NAMES or script) and SPDX not in first:
            report.fault(name, 1, "spdx: the first line (after #!) must be the licence line")
        for pattern, why in PLACES:
            m = pattern.search(text)
            if m:
                report.fault(name, text.count("\n", 0, m.start()) + 1, "place: %s" % why)
        made = "Not edited by hand." in text[:300]
        if base.endswith(LENGTH_EXT) and text.count("\n") > MAX_LINES and not made:
            report.fault(name, 0, "length: %d lines, more than %d" % (text.count("\n"), MAX_LINES))
        if name.startswith(("src/", "bench/", "tests/", "tools/")) and base.endswith((".c", ".h")):
            check_c(report, name, text)
    report.finish()


main()

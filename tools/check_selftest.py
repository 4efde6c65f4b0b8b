#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The house checks can fail: each is shown one clean tree and then one fault at a time. Run by `meson test`."""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
C = "/* SPDX-License-Identifier: Apache-2.0 */\n"
TALK = "# SPDX-License-Identifier: Apache-2.0\n# writer: A\n== A1 presale\n"

CLEAN = {
    "src/base/str.h": C + "int str_len(const char *s);\n",
    "src/desk/desk.h": C + '#include "base/str.h"\n',
    "src/desk/desk.sql": "-- SPDX-License-Identifier: Apache-2.0\n-- name: get\nSELECT 1\n",
    "src/desk/desk.c": C + '#include "desk/desk.h"\n#include "sql/desk.h"\n\n'
                           "static const int limit = 3;\nstatic const char *const names[] = {\"strcpy(a, b)\"};\n"
                           "/* sprintf( in a comment */\nint str_len(const char *s)\n{\n"
                           "    return s ? limit : names[0][0];\n}\n",
    "src/nlu/nlu.h": C,
    "src/quality/q.c": C + '#include "assist/a.h"\n',
    "src/assist/a.h": C,
    "src/base/err.c": C + 'int f(struct e *e)\n{\n    return err_set(e, ERR_CONFLICT, "a.b", "no");\n}\n',
    "docs/errors.md": "| `a.b` | 409 | when | what |\n",
    "content/corpus/a_size_01.txt": TALK + "c calm0 size_fit pre | 穿L还是XL | size=L\n"
                                    "a answer_fact,promise | 穿L，今天发 | 发货 @ 今天\n",
}

# (check, what the report must say, file, its text)
FAULTS = [
    ("layers", "may not include desk", "src/base/up.c", C + '#include "desk/desk.h"\n'),
    ("layers", "may not include quality", "src/assist/peer.c", C + '#include "quality/q.h"\n'),
    ("layers", "may not include store", "src/nlu/impure.c", C + '#include "store/store.h"\n'),
    ("layers", "does not name a room", "src/desk/short.c", C + '#include "desk.h"\n'),
    ("layers", "no such file", "src/desk/gone.c", C + '#include "base/gone.h"\n'),
    ("layers", "not in the layer table", "src/lounge/x.c", C),
    ("layers", "private to src/base", "src/desk/peep.c", C + '#include "base/str_internal.h"\n'),
    ("layers", "not from a .sql file of this room", "src/assist/sql.c", C + '#include "sql/desk.h"\n'),
    ("source", "banned: strcpy()", "src/base/b.c", C + "void f(char *a) { strcpy(a, \"x\"); }\n"),
    ("source", "banned: system()", "src/base/b.c", C + "int f(void) { return system (\"ls\"); }\n"),
    ("source", "banned: atoi()", "tests/b.c", C + "int f(void) { return atoi(\"1\"); }\n"),
    ("source", "sql: SQL text", "src/desk/s.c", C + "const char *const q = \"SELECT id FROM message\";\n"),
    ("source", "sql: SQL text", "src/desk/s.c", C + "const char *const q = \"delete from message\";\n"),
    ("source", "spdx:", "src/base/s.c", "int x(void);\n"),
    ("source", "spdx:", "script/tool", "#!/bin/sh\necho\n"),
    ("source", "place: a path", "docs/p.md", "see /wo" + "rk/main\n"),
    ("source", "place: the address", "web/.npmrc", "x=https://regis" + "try.example.org/npm\n"),
    ("source", "place: a lock file", "web/package-lock.json", '{"resol' + 'ved": "https://x"}\n'),
    ("source", "length:", "src/base/l.c", C + "/* */\n" * 601),
    ("source", "static: mutable", "src/base/m.c", C + "static int counter;\n"),
    ("source", "static: mutable", "src/base/m.c", C + "static const char *name = 0;\n"),
    ("errors", "code c.d has no line", "src/desk/e.c", C + 'int f(void) { return x ? ctx_err(c, ERR_DENIED, y ? "a.b" : "c.d", "z") : 0; }\n'),
    ("errors", "code f.g has no line", "src/net/e.c", C + 'static const struct R rows[] = {{400, "f.g", "z"}};\n'),
    ("errors", "no source sets the code h.i", "docs/errors.md", "| `a.b` | 409 | when | what |\n| `h.i` | 400 | when | what |\n"),
    ("errors", "answered with 409, not 400", "docs/errors.md", "| `a.b` | 400 | when | what |\n"),
    ("corpus", "is taken at", "content/corpus/b_x_01.txt", TALK + "c calm0 stock pre | 有货吗\n"),
    ("corpus", "calm is 0", "content/corpus/b_x_01.txt", TALK.replace("A1", "A2") + "c calm1 stock pre | 有货吗\n"),
    ("corpus", "calm is 0", "content/corpus/b_x_01.txt", TALK.replace("A1", "A2") + "c angry0 stock pre | 有货吗\n"),
    ("corpus", "no intent 'stok'", "content/corpus/b_x_01.txt", TALK.replace("A1", "A2") + "c calm0 stok pre | 有货吗\n"),
    ("corpus", "no stage", "content/corpus/b_x_01.txt", TALK.replace("A1", "A2") + "c calm0 stock now | 有货吗\n"),
    ("corpus", "does not stand in the text", "content/corpus/b_x_01.txt", TALK.replace("A1", "A2") + "c calm0 stock pre | 有货吗 | size=XL\n"),
    ("corpus", "no slot", "content/corpus/b_x_01.txt", TALK.replace("A1", "A2") + "c calm0 stock pre | 有XL吗 | sise=XL\n"),
    ("corpus", "go together", "content/corpus/b_x_01.txt", TALK.replace("A1", "A2") + "a promise | 今天发\n"),
    ("corpus", "go together", "content/corpus/b_x_01.txt", TALK.replace("A1", "A2") + "a answer_fact | 今天发 | 发货 @ 今天\n"),
    ("corpus", "no fault", "content/corpus/b_x_01.txt", TALK.replace("A1", "A2") + "a other !lazy | 嗯\n"),
    ("corpus", "a talk without a message", "content/corpus/b_x_01.txt", TALK.replace("A1", "A2") + "\n"),
    ("corpus", "a message outside a talk", "content/corpus/b_x_01.txt", TALK.replace("A1", "A2") + "c calm0 stock pre | 有货吗\n\nc calm0 stock pre | 没了?\n"),
    ("corpus", "the licence", "content/corpus/b_x_01.txt", "== A2 presale\n" + "c calm0 stock pre | 有货吗\n"),
    ("format", "not formatted", "src/base/f.c", C + "int  f( void ){return 1;}\n"),
]


def write(root, name, text):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def run(check, root):
    if check == "format":
        command = ["sh", os.path.join(HERE, "check_format.sh"), root]
    else:
        command = [sys.executable, os.path.join(HERE, "check_%s.py" % check), root]
    r = subprocess.run(command, capture_output=True, text=True)
    return r.returncode, r.stdout + r.stderr


def check_globals(root):
    """Compiles one library with and one without a mutable global."""
    bad = 0
    for text, want, say in ((C + "int counter;\n", 1, "counter lies in .bss"),
                            (C + "static int n = 3;\nint next(void);\nint next(void) { return n++; }\n", 1, "n lies in .data"),
                            (C + "_Thread_local int t;\n", 1, "t lies in .tbss"),
                            (C + "static const char *const t[] = {\"a\"};\nconst char *at(int i);\n"
                                 "const char *at(int i) { return t[i]; }\n", 0, "0 faults")):
        folder = os.path.join(root, "b", "src", "base")
        os.makedirs(folder, exist_ok=True)
        source = write(root, "g.c", text)
        subprocess.run(["cc", "-fPIC", "-O1", "-c", source, "-o", os.path.join(root, "g.o")], check=True)
        library = os.path.join(folder, "libbase.a")
        if os.path.exists(library):
            os.remove(library)
        subprocess.run(["ar", "rcs", library, os.path.join(root, "g.o")], check=True)
        r = subprocess.run([sys.executable, os.path.join(HERE, "check_globals.py"), os.path.join(root, "b")],
                           capture_output=True, text=True)
        if r.returncode != want or say not in r.stdout:
            print("globals: wanted exit %d and %r, got exit %d: %s" % (want, say, r.returncode, r.stdout + r.stderr))
            bad += 1
    return bad


def main():
    bad = 0
    with tempfile.TemporaryDirectory() as root:
        for name, text in CLEAN.items():
            write(root, name, text)
        shutil.copy(os.path.join(HERE, "..", ".clang-format"), root)
        for check in ("layers", "source", "errors", "corpus", "format"):
            code, out = run(check, root)
            if code != 0:
                print("%s: the clean tree was refused: %s" % (check, out))
                bad += 1
        for check, say, name, text in FAULTS:
            path = write(root, name, text)
            code, out = run(check, root)
            if code != 1 or say not in out or name not in out:
                print("%s: wanted %r for %s, got exit %d: %s" % (check, say, name, code, out))
                bad += 1
            os.remove(path)
            if name in CLEAN:
                write(root, name, CLEAN[name])
        bad += check_globals(os.path.join(root, "globals"))
    print("selftest: %d faults planted, %d not found" % (len(FAULTS) + 4, bad))
    sys.exit(1 if bad else 0)


main()

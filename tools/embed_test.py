#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""embed.py: bytes come out as they went in, through a real compiler, whatever is in them and in their names."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
READER = """
#include "thing_files.h"
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
    if (argc == 1)
        for (size_t i = 0; i < THING_FILES_N; i++)
            puts(THING_FILES[i].name);
    for (const EmbedFile *f = THING_FILES; argc > 1 && f->name; f++)
        if (strcmp(f->name, argv[1]) == 0)
            return fwrite(f->bytes, 1, f->n, stdout) == f->n && f->bytes[f->n] == 0 ? 0 : 1;
    return argc == 1 ? 0 : 2;
}
"""


def embed(out, root, files, *more):
    return subprocess.run([sys.executable, os.path.join(HERE, "embed.py"), "--out", out, "--name", "thing", "--root", root, *more, *files],
                          capture_output=True, text=True)


class Embed(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.root = os.path.join(self.dir, "web")
        os.makedirs(os.path.join(self.root, "a"))
        self.contents = {"a/index.html": b"<p>\xe4\xbd\xa0\xe5\xa5\xbd</p>\n", "zero.bin": bytes(range(256)) * 40, "empty": b"",
                         "\u5e97 \"q\".txt": b"name with quotes"}
        self.files = []
        for name, data in self.contents.items():
            self.files.append(os.path.join(self.root, name))
            with open(self.files[-1], "wb") as f:
                f.write(data)

    def tearDown(self):
        shutil.rmtree(self.dir)

    def test_round_trip(self):
        made = embed(self.dir, self.root, self.files, "--prefix", "/assets/")
        self.assertEqual(made.returncode, 0, made.stderr)
        with open(os.path.join(self.dir, "main.c"), "w", encoding="utf-8") as f:
            f.write(READER)
        program = os.path.join(self.dir, "reader")
        subprocess.run([os.environ.get("CC", "cc"), "-o", program, "main.c", "thing_files.c", "thing_files.S"], cwd=self.dir, check=True)
        names = subprocess.run([program], capture_output=True, check=True).stdout.decode().split("\n")[:-1]
        self.assertEqual(names, sorted("/assets/" + n for n in self.contents))
        for name, data in self.contents.items():
            got = subprocess.run([program, "/assets/" + name], capture_output=True)
            self.assertEqual((got.returncode, got.stdout), (0, data), name)
        self.assertEqual(subprocess.run([program, "/assets/none"], check=False).returncode, 2)

    def test_change_is_seen_and_no_change_is_not(self):
        embed(self.dir, self.root, self.files)
        path = os.path.join(self.dir, "thing_files.S")
        os.utime(path, (1, 1))
        embed(self.dir, self.root, self.files)
        self.assertEqual(os.stat(path).st_mtime, 1)
        with open(os.path.join(self.root, "zero.bin"), "r+b") as f:  # same length, another byte
            f.write(b"x")
        embed(self.dir, self.root, self.files)
        self.assertNotEqual(os.stat(path).st_mtime, 1)

    def test_faults(self):
        self.assertIn("given twice", embed(self.dir, self.root, self.files + self.files[:1]).stderr)
        self.assertIn("outside", embed(self.dir, os.path.join(self.root, "a"), self.files).stderr)
        self.assertEqual(embed(self.dir, self.root, [os.path.join(self.root, "absent")]).returncode, 1)


if __name__ == "__main__":
    unittest.main()

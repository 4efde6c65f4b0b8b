#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of sqlpack.py."""
import unittest

import sqlpack


def pack(**files):
    texts = {k.replace("__", "/") + ".sql": v for k, v in files.items()}
    return sqlpack.pack(list(texts), texts.__getitem__)


GET = "-- name: get\n-- One.\nSELECT a FROM t WHERE id = ?1 AND b = ?2\n-- pg: FOR UPDATE\n;\n"


class Packing(unittest.TestCase):
    def test_header_and_registry(self):
        out = pack(desk__conversation=GET)
        self.assertIn("extern const StoreSql CONVERSATION_GET;", out["conversation.h"])
        reg = out["registry.c"]
        self.assertIn('"conversation.get"', reg)
        self.assertIn('"SELECT a FROM t WHERE id = \\?1 AND b = \\?2"', reg)
        self.assertIn('"SELECT a FROM t WHERE id = $1 AND b = $2 FOR UPDATE"', reg)
        self.assertIn("2, 0}", reg)
        self.assertIn("&CONVERSATION_GET,", reg)

    def test_quotes_and_comments_are_left_alone(self):
        _, out = sqlpack.pack_file("x/a.sql", "-- name: b\n-- Why.\nSELECT '?9  ;''--' -- ?7 gone\n, ?1 /* ?3 */ - 1;")
        self.assertEqual(out[0]["texts"]["pg"], "SELECT '?9  ;''--' , $1 - 1")
        self.assertEqual(out[0]["params"], 1)

    def test_blob(self):
        _, out = sqlpack.pack_file("x/a.sql", "-- name: b\n-- Why.\nSELECT CAST(?1 AS BLOB), 'BLOB';")
        self.assertEqual(out[0]["texts"]["pg"], "SELECT CAST($1 AS BYTEA), 'BLOB'")

    def test_one_engine_only(self):
        _, out = sqlpack.pack_file("x/a.sql", "-- name: b\n-- Why.\n-- pg: SELECT pg_snapshot_xmin(?1)\n-- pg: AND 1;\n")
        self.assertIsNone(out[0]["texts"]["sqlite"])
        self.assertEqual(out[0]["texts"]["pg"], "SELECT pg_snapshot_xmin($1) AND 1")

    def test_migration(self):
        a = sqlpack.pack_migration("s/migrations/0001_a.sql", "-- x\nCREATE TABLE t (a BIGINT);\n-- sqlite: PRAGMA x;\nCREATE INDEX i ON t (a);")
        b = sqlpack.pack_migration("s/migrations/0001_a.sql", "CREATE TABLE t (a BIGINT);\n-- sqlite: PRAGMA x;\nCREATE INDEX i ON t (a);")
        c = sqlpack.pack_migration("s/migrations/0001_a.sql", "CREATE TABLE t (b BIGINT);")
        self.assertEqual(a["texts"]["sqlite"], "CREATE TABLE t (a BIGINT);\nPRAGMA x;\nCREATE INDEX i ON t (a);\n")
        self.assertEqual(a["texts"]["pg"], "CREATE TABLE t (a BIGINT);\nCREATE INDEX i ON t (a);\n")
        self.assertEqual(a["checksum"], b["checksum"])
        self.assertNotEqual(a["checksum"], c["checksum"])

    def refused(self, words, **files):
        with self.assertRaises(sqlpack.Fault) as caught:
            pack(**files)
        self.assertIn(words, str(caught.exception))

    def test_refusals(self):
        self.refused("must be a comment", x__a="-- name: b\nSELECT 1;")
        self.refused("must be a comment", x__a="-- name: b\n-- pg: SELECT 1;")
        self.refused("named twice", x__a=GET + GET)
        self.refused("holds 2 statements", x__a="-- name: b\n-- Why.\nSELECT 1; SELECT 2;")
        self.refused("every parameter", x__a="-- name: b\n-- Why.\nSELECT ?2;")
        self.refused("parameters on sqlite", x__a="-- name: b\n-- Why.\nSELECT ?1\n-- pg: , ?2\n")
        self.refused("needs its number", x__a="-- name: b\n-- Why.\nSELECT ?;")
        self.refused("not closed", x__a="-- name: b\n-- Why.\nSELECT 'a;")
        self.refused("has no SQL", x__a="-- name: b\n-- Why.\n")
        self.refused("same name", x__a=GET, y__a=GET)
        self.refused("before the first", x__a="SELECT 1;\n" + GET)
        self.refused("lower case", x__a="-- name: Get\n-- Why.\nSELECT 1;")
        self.refused("is taken", x__migrations__0001_a="", x__migrations__0001_b="")
        self.refused("NNNN_", x__migrations__1_a="")
        self.refused("same symbol", x__a="-- name: b_c\n-- Why.\nSELECT 1;", x__a_b="-- name: c\n-- Why.\nSELECT 1;")


if __name__ == "__main__":
    unittest.main()

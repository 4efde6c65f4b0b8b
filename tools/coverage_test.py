#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The coverage report notices what it is for: a hole, a rule nobody planned, words that do not differ."""
import unittest

import coverage

PLAN = {"known": ["talk.*"], "elsewhere": [],
        "rules": [{"rule": "AFT-1", "due": [{"stages": ["after"], "feelings": ["angry"], "why": "w"}]}],
        "intents": [{"intent": "track", "name": "n", "due": [{"stages": ["in"], "feelings": ["calm", "angry"], "why": "w"}]}]}


def script(**more):
    s = {"id": "a", "rules": ["AFT-1"], "stage": ["in", "after"], "intents": ["track"], "emotions": [], "facts": []}
    s.update(more)
    return s


def problems(*scripts, plan=PLAN, codes=("track",)):
    return coverage.report(list(scripts), plan, codes)[1]


class Coverage(unittest.TestCase):
    def test_all_served(self):
        self.assertEqual(problems(script(), script(emotions=["angry"])), [])

    def test_words_must_differ(self):
        self.assertEqual(problems(script()), ["track: nothing for in angry"])
        self.assertEqual(problems(script(), script(emotions=["calm", "angry"])), ["track: nothing for in angry"])

    def test_something_must_stand_alone(self):
        self.assertEqual(problems(script(facts=["parcel.no"]), script(emotions=["angry"], facts=["talk.matter"])),
                         ["track: nothing without facts for in calm"])

    def test_a_rule_hole(self):
        self.assertIn("AFT-1: nothing for after angry", problems(script(rules=[]), script(emotions=["angry"], rules=[])))

    def test_unplanned(self):
        self.assertIn("rule X-1: scripts serve it, coverage.json does not know it",
                      problems(script(rules=["X-1"]), script(emotions=["angry"])))
        self.assertIn("intent bye: coverage.json does not know it", problems(script(), codes=("track", "bye")))

    def test_a_reason_is_given(self):
        plan = dict(PLAN, rules=[{"rule": "AFT-1", "due": [{"stages": ["after"], "feelings": ["sad"], "why": ""}]}])
        found = problems(script(), script(emotions=["angry"]), plan=plan)
        self.assertTrue(any("unknown stage or feeling" in x for x in found) and any("no reason" in x for x in found))


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which situations the script library serves, and which it does not.

Counts the scripts for each rule of the trade x stage x feeling, and for each intent x stage x feeling. content/coverage.json
says which cells are due and why the others are not. Exits 1 when a due cell is empty, when a rule or an intent is missing from
that file, or (--check) when docs/script-coverage.md is not what this program writes.

A rule's cell holds the scripts that serve the rule and fit the stage and the feeling (no feelings listed: any).
An intent's cell holds the scripts for the intent and the stage that are written for the feeling: where somebody is anxious,
disappointed or angry, a script that fits a calm customer too does not count, because the words must differ (AFT-1, EMO-2).
Besides it says how many of them stand alone: they need no fact from the shop's records, so that something can always be said.
"""
import argparse
import difflib
import fnmatch
import json
import os
import re
import sys

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DOC = "docs/script-coverage.md"
STAGES = ("pre", "in", "after")
STAGE_NAMES = {"pre": "售前", "in": "售中", "after": "售后"}
FEELINGS = ("calm", "pleased", "anxious", "disappointed", "angry")
FEELING_NAMES = {"calm": "平静", "pleased": "愉快", "anxious": "着急", "disappointed": "失望", "angry": "生气"}
UPSET = FEELINGS[2:]
CELLS = [(s, f) for s in STAGES for f in FEELINGS]


def load(home):
    folder = os.path.join(home, "content", "scripts")
    scripts = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".json"):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                scripts += json.load(f)["scripts"]
    with open(os.path.join(home, "content", "coverage.json"), encoding="utf-8") as f:
        return scripts, json.load(f)


def intent_codes(home):
    """The codes as the understanding knows them: one list, in its order."""
    with open(os.path.join(home, "src", "nlu", "codes.c"), encoding="utf-8") as f:
        body = re.search(r"intents\[NLU_INTENT_COUNT\] = \{(.*?)\};", f.read(), re.S).group(1)
    return re.findall(r'"([a-z_]+)"', body)


def stands_alone(script, known):
    return all(any(fnmatch.fnmatchcase(x, k) for k in known) for x in script["facts"])


def in_stage(script, stage):
    return not script["stage"] or stage in script["stage"]


def serves_rule(script, rule, stage, feeling):
    return rule in script["rules"] and in_stage(script, stage) and (not script["emotions"] or feeling in script["emotions"])


def serves_intent(script, intent, stage, feeling):
    if intent not in script["intents"] or not in_stage(script, stage):
        return False
    if feeling in UPSET:
        return feeling in script["emotions"] and "calm" not in script["emotions"]
    return not script["emotions"] or feeling in script["emotions"] or (feeling == "pleased" and "calm" in script["emotions"])


def due_cells(entry, problems, name):
    cells = set()
    for part in entry["due"]:
        for stage in part["stages"]:
            for feeling in part["feelings"]:
                if stage not in STAGES or feeling not in FEELINGS:
                    problems.append("%s: unknown stage or feeling %s %s" % (name, stage, feeling))
                cells.add((stage, feeling))
        if not part.get("why"):
            problems.append("%s: no reason" % name)
    return cells


def table(rows, heads, count, due, problems, what):
    out = ["| %s | %s |" % (what, " | ".join(STAGE_NAMES[s] + FEELING_NAMES[f] for s, f in CELLS)),
           "|---" * (len(CELLS) + 1) + "|"]
    for row in rows:
        texts = []
        for cell in CELLS:
            n, alone = count(row, *cell)
            wanted = cell in due[row]
            if wanted and n == 0:
                problems.append("%s: nothing for %s %s" % (row, *cell))
            elif wanted and alone == 0:
                problems.append("%s: nothing without facts for %s %s" % (row, *cell))
            shown = str(n) if alone is None else "%d/%d" % (n, alone)
            texts.append("**空**" if wanted and (n == 0 or alone == 0) else shown if n else "·" if not wanted else "")
        out.append("| %s | %s |" % (heads[row], " | ".join(texts)))
    return out


def report(scripts, plan, codes):
    problems = []
    known = plan["known"]
    rules = {r["rule"]: r for r in plan["rules"]}
    intents = {i["intent"]: i for i in plan["intents"]}
    used = {r for s in scripts for r in s["rules"]}
    for r in sorted(used - set(rules)):
        problems.append("rule %s: scripts serve it, coverage.json does not know it" % r)
    for c in codes:
        if c not in intents:
            problems.append("intent %s: coverage.json does not know it" % c)
    due_rule = {r: due_cells(rules[r], problems, r) for r in rules}
    due_intent = {i: due_cells(intents[i], problems, i) for i in intents}

    def rule_count(rule, stage, feeling):
        return sum(serves_rule(s, rule, stage, feeling) for s in scripts), None

    def intent_count(intent, stage, feeling):
        found = [s for s in scripts if serves_intent(s, intent, stage, feeling)]
        return len(found), sum(stands_alone(s, known) for s in found)

    out = ["# 话术覆盖", "",
           "由 `tools/coverage.py` 从 `content/scripts` 和 `content/coverage.json` 写出，不要手改；`meson test coverage` 核对它是否最新、有没有空格。", "",
           "共 %d 条话术。“·”表示这一格不需要（缘由见 `content/coverage.json`）；**空**表示该有而没有。" % len(scripts), "",
           "## 行业规则 × 阶段 × 情绪", ""]
    out += table([r["rule"] for r in plan["rules"]], {r: r for r in rules}, rule_count, due_rule, problems, "规则")
    out += ["", "不由话术承担的规则：", ""]
    out += ["- %s：%s" % (", ".join(x["rules"]), x["why"]) for x in plan["elsewhere"]]
    out += ["", "## 事项 × 阶段 × 情绪", "",
            "每格“总数/不靠店铺资料也能说的条数”。着急、失望、生气三列只数专为那种情绪写的话。", ""]
    out += table([i["intent"] for i in plan["intents"]], {i: "%s %s" % (i, intents[i]["name"]) for i in intents}, intent_count,
                 due_intent, problems, "事项")
    return "\n".join(out) + "\n", problems


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--home", default=HOME)
    p.add_argument("--check", action="store_true", help="compare with %s instead of writing it" % DOC)
    o = p.parse_args()
    scripts, plan = load(o.home)
    text, problems = report(scripts, plan, intent_codes(o.home))
    path = os.path.join(o.home, DOC)
    if o.check:
        old = ""
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                old = f.read()
        if old != text:
            print("".join(difflib.unified_diff(old.splitlines(True), text.splitlines(True), DOC, "as it should be"))[:3000])
            problems.append("%s is not current: run tools/coverage.py" % DOC)
    else:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        print("%d scripts, %d rules, %d intents" % (len(scripts), len(plan["rules"]), len(plan["intents"])))
    for line in problems:
        print(line, file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()

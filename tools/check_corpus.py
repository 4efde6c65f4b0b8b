#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The hand-written talk in content/corpus/*.txt keeps to its form and its codes. Run by `meson test`;
`check_corpus.py [ROOT]`; `check_corpus.py [ROOT] --counts` prints how often each label occurs, `--near` also the near-duplicates.

form      the licence and the writer in the first two lines, at most 600 lines, `== id type`, c and a lines, no empty talk
codes     those of the label guide; calm has intensity 0, every other emotion 1 to 3; one to three intents, none twice
slots     the name is one of the guide, the value stands in the text
promises  a commitment is given exactly when the act promise is
ids       one talk each

Two lines are near-duplicates when the sets of their character bigrams (letters and digits only) have a Jaccard index of at
least 0.7; clusters are the connected parts. They are counted, not refused: the trainer keeps one cluster on one side.
"""
import collections
import re
import sys
import unicodedata

from check_common import Report, list_files, source_root

FOLDER = "content/corpus/"
MAX_LINES = 600
NEAR = 0.7
EMOTIONS = "calm pleased anxious disappointed angry".split()
INTENTS = """greeting thanks bye confirm inform order_ref handoff chitchat other
product_info size_fit usage_care recommend stock authenticity gift
price_promo bargain coupon price_protect
order_how payment order_change order_cancel invoice account
ship_when courier delivery_area ship_eta track ship_fee address_change delivery_problem pickup
return_refund refund_progress exchange repair_warranty missing_wrong damaged_defect install compensation complaint
review""".split()
STAGES = "pre in after".split()
TYPES = "presale insale aftersale".split()
SLOTS = """budget recipient occasion scene size colour model quantity deadline order_no product phone address
symptom""".split()
ACTS = """greet ask_need clarify answer_fact recommend agree_worry rebuild_value remove_risk close_sale guide_steps hold
apologise empathise restate propose_solution promise progress confirm_solved ask_rating escalate farewell other""".split()
FAULTS = """blunt_refusal blame excuse_first vague ignored repeated_template over_promise argue off_platform competitor
absolute_term privacy review_bribe rude""".split()

TALK = re.compile(r"== (\S+) (\S+)$")
CUSTOMER = re.compile(r"c ([a-z]+)(\d) (\S+) (\S+)$")
AGENT = re.compile(r"a (\S+)(?: !(\S+))?$")


def bigrams(text):
    """Set of the character bigrams of the letters and digits; of a text without any, of all its characters."""
    text = unicodedata.normalize("NFKC", text).lower()
    kept = "".join(c for c in text if c.isalnum()) or "".join(text.split())
    return frozenset(kept[i:i + 2] for i in range(len(kept) - 1)) or frozenset([kept])


def clusters(texts):
    """Lists of indexes of `texts` that hang together by near-duplicate pairs, each of two or more."""
    sets = [bigrams(t) for t in texts]
    often = collections.Counter(g for s in sets for g in s)
    parent = list(range(len(texts)))

    def top(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    # Two sets as near as that share one of the first few of their grams in any fixed order (prefix filter): rarest first.
    index = collections.defaultdict(list)
    for i in sorted(range(len(texts)), key=lambda k: len(sets[k])):
        n = len(sets[i])
        first = sorted(sets[i], key=lambda g: (often[g], g))[:n - int(-(-NEAR * n // 1)) + 1]
        for j in {j for g in first for j in index[g]}:
            both = len(sets[i] & sets[j])
            if both >= NEAR * (n + len(sets[j]) - both):
                parent[top(i)] = top(j)
        for g in first:
            index[g].append(i)
    groups = collections.defaultdict(list)
    for i in range(len(texts)):
        groups[top(i)].append(i)
    return [g for g in groups.values() if len(g) > 1]


class Corpus:
    def __init__(self, report):
        self.report = report
        self.counts = collections.defaultdict(collections.Counter)
        self.lines = {"c": [], "a": []}  # role -> (text, file, line)
        self.ids = {}
        self.lengths = []  # messages of each talk

    def codes(self, where, kind, known, codes):
        for code in codes:
            if code not in known:
                self.report.fault(where[0], where[1], "no %s %r" % (kind, code))
            self.counts[kind][code] += 1
        if len(set(codes)) != len(codes):
            self.report.fault(where[0], where[1], "the same %s twice" % kind)

    def customer(self, where, head, text, rest):
        m = CUSTOMER.match(head)
        if not m:
            return self.report.fault(where[0], where[1], "want `c emotionN intents stage`, not %r" % head)
        emotion, intensity, intents = m.group(1), int(m.group(2)), m.group(3).split(",")
        self.codes(where, "emotion", EMOTIONS, [emotion])
        self.counts["intensity"]["%s%d" % (emotion, intensity)] += 1
        if intensity > 3 or (emotion == "calm") != (intensity == 0):
            self.report.fault(where[0], where[1], "calm is 0, every other emotion 1 to 3")
        self.codes(where, "intent", INTENTS, intents)
        if len(intents) > 3:
            self.report.fault(where[0], where[1], "more than three intents")
        self.codes(where, "stage", STAGES, [m.group(4)])
        for slot in filter(None, (s.strip() for s in rest.split(";"))):
            name, _, value = (s.strip() for s in slot.partition("="))
            self.codes(where, "slot", SLOTS, [name])
            if not value or value not in text:
                self.report.fault(where[0], where[1], "%s: %r does not stand in the text" % (name, value))
        return None

    def agent(self, where, head, rest):
        m = AGENT.match(head)
        if not m:
            return self.report.fault(where[0], where[1], "want `a acts [!faults]`, not %r" % head)
        acts, faults = m.group(1).split(","), (m.group(2) or "").replace("!", "").split(",")
        self.codes(where, "act", ACTS, acts)
        self.codes(where, "fault", FAULTS, [f for f in faults if f])
        self.counts["any fault"][("with" if m.group(2) else "without")] += 1
        promises = [p for p in (p.strip() for p in rest.split(";")) if p]
        if bool(promises) != ("promise" in acts):
            self.report.fault(where[0], where[1], "the act promise and a commitment go together")
        for promise in promises:
            if not promise.partition("@")[0].strip():
                self.report.fault(where[0], where[1], "a commitment without what is done")
            self.counts["commitment"]["with due" if promise.partition("@")[2].strip() else "without due"] += 1
        return None

    def message(self, where, line):
        parts = [p.strip() for p in line.split("|")]
        if len(parts) not in (2, 3) or not parts[1]:
            return self.report.fault(where[0], where[1], "want `labels | text` and perhaps `| slots or commitments`")
        head, text, rest = parts[0], parts[1], parts[2] if len(parts) == 3 else ""
        if head[:2] not in ("c ", "a "):
            return self.report.fault(where[0], where[1], "a message begins with c or a, not %r" % head[:2])
        self.lines[head[0]].append((text, where[0], where[1]))
        return self.customer(where, head, text, rest) if head[0] == "c" else self.agent(where, head, rest)

    def file(self, name, text):
        lines = text.split("\n")
        if lines[0] != "# SPDX-License-Identifier: Apache-2.0" or not re.match(r"# writer: [A-Z]$", (lines + [""])[1]):
            self.report.fault(name, 1, "the first two lines are the licence and `# writer: X`")
        if len(lines) - 1 > MAX_LINES:
            self.report.fault(name, 0, "%d lines, more than %d" % (len(lines) - 1, MAX_LINES))
        n, opened = None, 0  # messages of the open talk, its line
        for at, line in enumerate(lines + [""], 1):
            where, line = (name, at), line.rstrip()
            if line.startswith("#"):
                continue
            if not line or line.startswith("=="):
                if n == 0:
                    self.report.fault(name, opened, "a talk without a message")
                if n:
                    self.lengths.append(n)
                n = None
            if line.startswith("=="):
                m = TALK.match(line)
                if not m or m.group(2) not in TYPES:
                    self.report.fault(name, at, "want `== id presale|insale|aftersale`")
                elif m.group(1) in self.ids:
                    self.report.fault(name, at, "the id %s is taken at %s:%d" % ((m.group(1),) + self.ids[m.group(1)]))
                else:
                    self.ids[m.group(1)] = where
                    self.counts["type"][m.group(2)] += 1
                n, opened = 0, at
            elif line:
                if n is None:
                    self.report.fault(name, at, "a message outside a talk")
                    n = 0
                n += 1
                self.message(where, line)

    def print_counts(self, show_near):
        for kind, known in (("type", TYPES), ("emotion", EMOTIONS), ("intensity", None), ("intent", INTENTS), ("stage", STAGES),
                            ("slot", SLOTS), ("act", ACTS), ("fault", FAULTS), ("any fault", None), ("commitment", None)):
            counter = self.counts[kind]
            print("%s: %s" % (kind, ", ".join("%s %d" % (k, counter[k]) for k in known or sorted(counter))))
        inside = sum(n for n in self.lengths if n > 1)
        print("talks %d, single messages %d, messages in dialogues %d" % (len(self.lengths), self.lengths.count(1), inside))
        for role, what in (("c", "customer"), ("a", "agent")):
            rows = self.lines[role]
            found = clusters([r[0] for r in rows])
            extra = sum(len(g) - 1 for g in found)
            print("%s messages %d, after clustering %d (%d clusters of near-duplicates)" %
                  (what, len(rows), len(rows) - extra, len(found)))
            for group in found if show_near else []:
                print("  near: " + " / ".join("%s:%d %s" % (rows[i][1].rsplit("/", 1)[-1], rows[i][2], rows[i][0]) for i in group))


def main():
    argv = [a for a in sys.argv if a not in ("--counts", "--near")]
    root = source_root(argv)
    report = Report("corpus")
    corpus = Corpus(report)
    for name in list_files(root):
        if not name.startswith(FOLDER) or not name.endswith(".txt"):
            continue
        report.seen += 1
        with open("%s/%s" % (root, name), "rb") as f:
            data = f.read()
        try:
            corpus.file(name, data.decode("utf-8"))
        except UnicodeDecodeError as why:
            report.fault(name, 0, "not UTF-8: %s" % why)
    if len(argv) != len(sys.argv):
        corpus.print_counts("--near" in sys.argv)
    report.finish()


main()

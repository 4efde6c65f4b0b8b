# SPDX-License-Identifier: Apache-2.0
"""The suites of script/test, in order. A suite that cannot be set up ends the run; a skipped test counts as failed."""
import argparse
import glob
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from counting import Count, count_meson, count_text, failed_tap  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOGS = os.path.join(ROOT, ".cache", "test")
JOBS = str(os.cpu_count() or 2)
CLANG = {"CC": "clang-14"}
PINNED_NODE = os.path.join(ROOT, ".cache", "node", "node_modules", ".bin")  # script/setup fetches it where the system's is too old
if os.path.isdir(PINNED_NODE):
    os.environ["PATH"] = PINNED_NODE + os.pathsep + os.environ["PATH"]


class SetUpError(Exception):
    pass


def log_file(name):
    os.makedirs(LOGS, exist_ok=True)
    return os.path.join(LOGS, name + ".log")


def run(name, command, env=None, timeout=1800):
    """(ok, output), the output also in a log."""
    full = dict(os.environ, **(env or {}))
    try:
        r = subprocess.run(command, cwd=ROOT, env=full, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
        ok, out = r.returncode == 0, r.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as e:
        ok, out = False, (e.stdout or b"").decode("utf-8", "replace") + "\ntimed out after %d s\n" % timeout
    except OSError as e:
        ok, out = False, "%s: %s\n" % (command[0], e)
    with open(log_file(name), "w", encoding="utf-8") as f:
        f.write(out)
    return ok, out


def tail(text, lines=60):
    return "\n".join(text.rstrip().splitlines()[-lines:])


def must(name, command, env=None):
    ok, out = run(name, command, env)
    if not ok:
        print(tail(out))
        raise SetUpError("%s failed: %s (whole output: %s)" % (name, " ".join(command), log_file(name)))


def build(folder, options, env=None):
    if not os.path.exists(os.path.join(ROOT, folder, "build.ninja")):
        must("configure-" + folder, ["meson", "setup", folder] + options, env)
    must("compile-" + folder, ["ninja", "-C", folder, "-j", JOBS], env)


def meson_names(folder, fits):
    """The names of a build's tests for which fits(suite, name)."""
    r = subprocess.run(["meson", "test", "-C", folder, "--list"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    pairs = [line.split(":", 1)[1].split(" / ", 1) for line in r.stdout.splitlines() if " / " in line]
    return [name for suite, name in pairs if fits(suite, name)]


def meson(folder, name, suites=(), multiplier=1, env=None, exclude=(), names=()):
    command = ["meson", "test", "-C", folder, "--no-rebuild", "--timeout-multiplier", str(multiplier), "--num-processes", JOBS]
    command += list(names)
    for s in suites:
        command += ["--suite", s]
    for s in exclude:
        command += ["--no-suite", s]
    log = os.path.join(ROOT, folder, "meson-logs", "testlog.json")
    if os.path.exists(log):
        os.remove(log)
    ok, out = run(name, command, env)
    if not os.path.exists(log):
        print(tail(out))
        return Count(0, 1)
    count, failures = count_meson(log)
    for test, output in failures:
        print("--- %s" % test)
        print(tail(output))
    if not ok and not count.failed:
        count.failed += 1
    return count


def program(name, command, env=None, timeout=1800):
    ok, out = run(name, command, env, timeout)
    count = count_text(out, ok)
    if count.failed or count.skipped:
        print(failed_tap(out) or tail(out))
    return count


# ---- the suites ----

def suite_unit(o):
    """unit tests, house checks and generators in the release build (gcc)"""
    return meson("build", "unit", exclude=("stories", "replay"))


def suite_web(o):
    """types, unit tests and size gates of widget and workbench"""
    count = program("web-check", ["npm", "--prefix", "web", "run", "check"])
    count.add(program("web-test", ["npm", "--prefix", "web", "run", "test"]))
    return count


def suite_stories(o):
    """the stories over HTTP and WebSocket, on SQLite and on PostgreSQL"""
    return meson("build", "stories", suites=("stories",))


def suite_replay(o):
    """the judge of zhixin replay, against a toy desk and against the real server"""
    count = meson("build", "replay", suites=("replay",))
    for database in ("sqlite", "postgres"):
        count.add(program("replay-" + database, [sys.executable, "tests/replay/server_test.py", "--zhixin", "build/zhixin",
                                                 "--database", database]))
    return count


def suite_browser(o):
    """widget and workbench in Chromium"""
    count = Count()
    for part in ("widget", "desk"):
        count.add(program("browser-" + part, ["npm", "--prefix", "web/" + part, "run", "browser"]))
    return count


def suite_asan(o):
    """unit tests and the stories on SQLite under AddressSanitizer and UBSan (clang)"""
    build("build-asan", ["--buildtype=debugoptimized", "-Db_sanitize=address,undefined", "-Db_lundef=false"], CLANG)
    env = {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1:strict_string_checks=1",
           "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
    names = meson_names("build-asan", lambda suite, name: suite != "check" and not (suite == "stories" and "postgres" in name))
    return meson("build-asan", "asan", multiplier=4, env=env, names=names)


def suite_tsan(o):
    """unit tests of rooms with threads, and stories on both databases, under ThreadSanitizer (clang)"""
    must("sqlite-source", ["script/sqlite-source"])
    options = ["--buildtype=debugoptimized", "-Db_sanitize=thread", "-Db_lundef=false",
               "-Dsqlite_source=" + os.path.join(ROOT, ".cache", "sqlite-source")]
    build("build-tsan", options, CLANG)
    env = {"TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1:suppressions=" + os.path.join(ROOT, "tests", "tsan.supp")}
    rooms = ("store/", "net/", "service/", "accounts/pg")
    names = meson_names("build-tsan", lambda suite, name: name.startswith(rooms) or name in ("talk_sqlite", "hands_postgres"))
    return meson("build-tsan", "tsan", multiplier=8, env=env, names=names)


def suite_fuzz(o):
    """each fuzz target for a while, starting from its corpus"""
    build("build-fuzz", ["--buildtype=debugoptimized", "-Dfuzz=true", "-Dweb=false", "-Db_sanitize=address,undefined",
                         "-Db_lundef=false"], CLANG)
    count = Count()
    seconds = 600 if o.long else 5
    for target in sorted(glob.glob(os.path.join(ROOT, "build-fuzz", "src", "*", "*_fuzz"))):
        name = os.path.basename(target)
        corpora = sorted(glob.glob(os.path.join(ROOT, "tests", "corpus", name[:-len("_fuzz")])))
        new = os.path.join(ROOT, ".cache", "fuzz", name)
        os.makedirs(new, exist_ok=True)
        count.add(program(name, [target, "-max_total_time=%d" % seconds, "-timeout=10", "-rss_limit_mb=1024", new] + corpora,
                          timeout=seconds + 120))
    return count


def suite_crash(o):
    """kill -9 at named points and random moments, on both databases"""
    build("build-fault", ["--buildtype=release", "-Dfault=true"])
    return program("crash", [sys.executable, "tests/crash/crash_test.py", "--zhixin", "build/zhixin", "--fault-zhixin",
                             "build-fault/zhixin", "--random", "1000" if o.long else "20", "--per-point", "5" if o.long else "1"],
                   timeout=6 * 3600 if o.long else 1500)


def suite_package(o):
    """the Debian package, installed into a scratch root; the page on reverse proxies with a real nginx"""
    count = program("deb", ["packaging/deb", "--test"])
    count.add(program("proxy", [sys.executable, "tests/replay/proxy_test.py", "--zhixin", "build/zhixin"]))
    return count


def suite_recorded(o):
    """the recorded conversations of $ZHIXIN_DATA through a running server (--long only)"""
    path = os.path.join(os.environ.get("ZHIXIN_DATA", ""), "zh_jddc_sessions", "train.jsonl.gz")
    count = Count()
    for database in ("sqlite", "postgres"):
        count.add(program("recorded-" + database, [sys.executable, "tests/replay/server_test.py", "--zhixin", "build/zhixin",
                                                   "--database", database, "--file", path], timeout=6 * 3600))
    return count


SUITES = [suite_unit, suite_web, suite_replay, suite_stories, suite_browser, suite_asan, suite_tsan, suite_fuzz, suite_package,
          suite_crash]
LONG = [suite_recorded]


def main():
    p = argparse.ArgumentParser(prog="script/test")
    p.add_argument("--long", action="store_true", help="also the tier that takes hours")
    p.add_argument("--only", help="names of suites, with commas")
    p.add_argument("--list", action="store_true", help="name the suites")
    o = p.parse_args()
    suites = SUITES + (LONG if o.long or o.only or o.list else [])
    names = {f.__name__[len("suite_"):]: f for f in suites}
    if o.list:
        for name, f in names.items():
            print("%-10s %s" % (name, f.__doc__))
        return 0
    wanted = o.only.split(",") if o.only else list(names)
    unknown = [n for n in wanted if n not in names]
    if unknown:
        print("no such suite: %s" % ", ".join(unknown), file=sys.stderr)
        return 2
    total, lines, began = Count(), [], time.monotonic()
    for name in wanted:
        print("==> %s: %s" % (name, names[name].__doc__), flush=True)
        start = time.monotonic()
        try:
            count = names[name](o)
        except SetUpError as e:
            print("script/test: cannot go on: %s" % e)
            total.failed += 1
            lines.append("%-10s could not be set up" % name)
            break
        line = "%-10s %s (%.0f s)" % (name, count, time.monotonic() - start)
        print("    %s" % line, flush=True)
        lines.append(line)
        count.failed += count.skipped  # a skip is a failure: it hides what nobody looked at
        total.add(Count(count.passed, count.failed))
    print("\n".join(["", "Suites:"] + ["  " + line for line in lines]))
    print("Time: %.0f s" % (time.monotonic() - began))
    print("%d passed, %d failed" % (total.passed, total.failed))
    return 1 if total.failed or not total.passed else 0


sys.exit(main())

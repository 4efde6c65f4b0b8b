#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# C source is formatted as .clang-format says (clang-format 14, Debian 12). `script/format` mends it.
set -u
root=${1:-$(dirname "$0")/..}
cd "$root" || exit 1
tool=$(command -v clang-format-14 || command -v clang-format)
if [ -z "$tool" ]; then
    echo "format: clang-format is not installed (apt-get install clang-format-14)."
    if [ -n "${CI:-}" ]; then
        echo "format: in CI that is a failure."
        exit 1
    fi
    echo "format: NOT CHECKED on this machine."
    exit 0
fi
case $("$tool" --version) in
*"version 14."*) ;;
*)
    echo "format: $("$tool" --version) is not version 14; its opinion may differ."
    [ -n "${CI:-}" ] && exit 1
    ;;
esac
files=$(find src bench tests tools -name '*.[ch]' -not -path '*/node_modules/*' 2>/dev/null | sort)
[ -n "$files" ] || { echo "format: no file found; the check itself is broken"; exit 1; }
seen=0
bad=0
for file in $files; do
    seen=$((seen + 1))
    if ! "$tool" --dry-run -Werror "$file" >/dev/null 2>&1; then
        echo "$file: not formatted"
        bad=$((bad + 1))
    fi
done
echo "format: $seen looked at, $bad faults"
[ "$bad" -eq 0 ]

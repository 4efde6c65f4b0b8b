#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Ends a cluster of pg_start.sh and removes its folder: `pg_stop.sh URL` (or its folder). Twice is harmless.
set -u
target=${1:?pg_stop: needs the URL that pg_start.sh printed}
case $target in
*host=*) dir=${target##*host=}; dir=${dir%%&*} ;;
*) dir=$target ;;
esac
case $dir in
/tmp/zhixin-pg.??????) ;;
*) echo "pg_stop: $dir is no folder of pg_start.sh" >&2; exit 2 ;;
esac
[ -d "$dir" ] || exit 0
trap '' INT TERM HUP
bin=$(cat "$dir/bin" 2>/dev/null || echo /usr/lib/postgresql/15/bin)
as() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups "$@"
    else
        "$@"
    fi
}
cd /
if [ -f "$dir/data/postmaster.pid" ]; then
    as "$bin/pg_ctl" -D "$dir/data" -m immediate -w -t 20 stop >/dev/null 2>&1 || {
        pid=$(head -n 1 "$dir/data/postmaster.pid" 2>/dev/null)
        [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
    }
fi
# the last children of a server that was killed may still hold their files for a moment
for _ in 1 2 3 4 5; do
    rm -rf "$dir" 2>/dev/null && exit 0
    sleep 0.2
done
rm -rf "$dir"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Starts a throw-away PostgreSQL cluster in a folder of its own and prints its URL (user and database "zhixin", not a
# superuser). `pg_start.sh [--fast]`; end it with `pg_stop.sh URL`.
#   --fast   no fsync: for tests that do not ask what a crash leaves behind
# The URL goes over a Unix socket in that folder. The file url_tcp there holds one over 127.0.0.1 with a password; the file
# url_super one of the superuser. As root, the server runs as user postgres. Whatever fails or interrupts the start, nothing
# is left running. ZHIXIN_PG_BIN names another folder of PostgreSQL programs.
set -eu

fsync=on
for arg in "$@"; do
    case $arg in
    --fast) fsync=off ;;
    *) echo "pg_start: unknown option $arg" >&2; exit 2 ;;
    esac
done

bin=${ZHIXIN_PG_BIN:-}
for version in 17 16 15 14 13; do
    [ -z "$bin" ] && [ -x "/usr/lib/postgresql/$version/bin/initdb" ] && bin=/usr/lib/postgresql/$version/bin
done
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb || echo /none/initdb)")
[ -x "$bin/initdb" ] || { echo "pg_start: PostgreSQL's programs are not installed" >&2; exit 1; }

as() { # the cluster's owner: PostgreSQL refuses to run as root
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups env -i "PATH=$bin:/usr/bin:/bin" LC_ALL=C.UTF-8 "$@"
    else
        "$@"
    fi
}

# Not under TMPDIR: that may be a folder that user postgres cannot enter. Socket paths have to be short, too.
dir=$(mktemp -d /tmp/zhixin-pg.XXXXXX)
clean() {
    code=$?
    trap - EXIT INT TERM HUP
    [ -f "$dir/log" ] && tail -n 20 "$dir/log" >&2
    as "$bin/pg_ctl" -D "$dir/data" -m immediate -t 10 stop >/dev/null 2>&1 || true
    rm -rf "$dir"
    exit "$([ "$code" = 0 ] && echo 1 || echo "$code")"
}
trap clean EXIT
trap 'exit 1' INT TERM HUP
chmod 0700 "$dir"
[ "$(id -u)" != 0 ] || chown postgres: "$dir"
cd "$dir"

as "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1 ||
    { cat "$dir/initdb.log" >&2; exit 1; }
cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$dir'
fsync = $fsync
synchronous_commit = on
full_page_writes = $fsync
max_connections = 60
shared_buffers = 64MB
dynamic_shared_memory_type = mmap
max_wal_size = 256MB
max_wal_senders = 0
wal_level = minimal
autovacuum_naptime = 5s
log_min_messages = warning
log_min_error_statement = panic
CONF
printf 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n' >"$dir/data/pg_hba.conf"

# A free port can be taken by somebody else before we have it: a few tries.
port=
for try in 1 2 3 4 5; do
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    if as "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -o "-p $port" -w -t 30 start >/dev/null 2>&1; then
        break
    fi
    as "$bin/pg_ctl" -D "$dir/data" -m immediate -t 10 stop >/dev/null 2>&1 || true
    [ "$try" != 5 ] || { echo "pg_start: the server does not start" >&2; exit 1; }
done

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
as "$bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$dir" -p "$port" -U postgres -d postgres >/dev/null <<SQL
CREATE ROLE zhixin LOGIN CREATEDB PASSWORD '$password';
CREATE DATABASE zhixin OWNER zhixin;
SQL
umask 077
echo "postgres://zhixin:$password@127.0.0.1:$port/zhixin" >"$dir/url_tcp"
echo "postgres:///postgres?host=$dir&port=$port&user=postgres" >"$dir/url_super"
echo "$bin" >"$dir/bin"
trap - EXIT INT TERM HUP
echo "postgres:///zhixin?host=$dir&port=$port&user=zhixin"

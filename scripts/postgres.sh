#!/usr/bin/env bash
# Starts and stops a throw-away PostgreSQL server on loopback for the tests.
#   eval "$(scripts/postgres.sh start)"   exports FUNN_TEST_POSTGRES
#   scripts/postgres.sh stop
# It keeps nothing: durability is off, and stop deletes the folder. With
# FUNN_TEST_POSTGRES_DURABLE=1 it is another server, on another port, that keeps
# what it has acknowledged, for the benchmarks that are about that.
set -euo pipefail
if [ "${FUNN_TEST_POSTGRES_DURABLE:-}" = 1 ]; then
  dir=${FUNN_TEST_POSTGRES_DIR:-${TMPDIR:-/tmp}/funn-durable-postgres}
  port=${FUNN_TEST_POSTGRES_PORT:-54330}
  keep="-c fsync=on -c synchronous_commit=on -c full_page_writes=on"
else
  dir=${FUNN_TEST_POSTGRES_DIR:-${TMPDIR:-/tmp}/funn-test-postgres}
  port=${FUNN_TEST_POSTGRES_PORT:-54329}
  keep="-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
fi
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v pg_ctl || true)")
[ -x "$bin/pg_ctl" ] || { echo "no PostgreSQL server on this machine (Debian: apt-get install postgresql)" >&2; exit 1; }
# The server refuses to run as root.
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi; }
case "${1:-}" in
start)
  if ! as "$bin/pg_ctl" -D "$dir/data" status >/dev/null 2>&1; then
    rm -rf "$dir"; mkdir -p "$dir"
    if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; fi
    as "$bin/initdb" -D "$dir/data" -U funn --auth=trust --encoding=UTF8 --locale=C.UTF-8 >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
    as "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/server.log" start \
      -o "-h 127.0.0.1 -p $port -k $dir $keep -c max_connections=300" >"$dir/start.log" 2>&1 \
      || { cat "$dir/start.log" "$dir/server.log" >&2; exit 1; }
  fi
  echo "export FUNN_TEST_POSTGRES=postgres://funn@127.0.0.1:$port/postgres?sslmode=disable"
  ;;
stop)
  as "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$dir"
  ;;
*) echo "usage: $0 start|stop" >&2; exit 2 ;;
esac

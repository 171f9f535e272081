#!/bin/sh
# Speaks the part of the official image's contract that a test needs: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB,
# PGDATA, and a command that begins with "postgres" or with a flag.
set -eu

case "${1:-postgres}" in
  postgres) [ $# -eq 0 ] || shift ;;
  -*) ;;
  *) exec "$@" ;;
esac

user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
binaries=$(echo /usr/lib/postgresql/*/bin)

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?POSTGRES_PASSWORD must be set}"
  umask 077
  printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/password
  mkdir -p "$PGDATA"
  chown -R postgres:postgres "$PGDATA" /tmp/password
  setpriv --reuid=postgres --regid=postgres --clear-groups "$binaries/initdb" --pgdata="$PGDATA" \
    --username="$user" --pwfile=/tmp/password --auth-host=scram-sha-256 --auth-local=trust --encoding=UTF8 --locale=C --no-sync
  rm -f /tmp/password
  printf 'host all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
  if [ "$database" != postgres ]; then
    quoted=$(printf '%s' "$database" | sed 's/"/""/g')
    printf 'create database "%s"\n' "$quoted" |
      setpriv --reuid=postgres --regid=postgres --clear-groups "$binaries/postgres" --single -j -D "$PGDATA" postgres
  fi
fi

exec setpriv --reuid=postgres --regid=postgres --clear-groups "$binaries/postgres" -D "$PGDATA" \
  -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql "$@"

#!/usr/bin/env bash
# Makes a Docker engine with a PostgreSQL image available to the test suite, and takes away what it brought.
#
#   eval "$(scripts/docker-postgres.sh up <state directory> [13|15|17])"
#   scripts/docker-postgres.sh down <state directory>
#
# `up` prints the variables that the suite reads. An engine that already answers is used and left alone, and so is an
# image that is already there (PARTYWALL_TEST_POSTGRES_IMAGE, else postgres:18). Only root on Debian gets an engine
# installed and started, and an image built from Debian packages: nothing is pulled from an image registry.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
wait_seconds=60

say() { echo "docker-postgres: $*" >&2; }
answers() { docker version >/dev/null 2>&1; }
has_image() { docker image inspect "$1" >/dev/null 2>&1; }

install_packages() {
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    say "$* missing: install it, or run as root on Debian"
    exit 1
  fi
  # The package would start an engine as a service, which nobody would stop again.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y --no-install-recommends "$@" >&2 ||
    { apt-get update >&2 && apt-get install -y --no-install-recommends "$@" >&2; }
}

start_engine() {
  command -v dockerd >/dev/null || install_packages docker.io
  say "starting dockerd"
  # Published ports go through Docker's own proxy, so the machine's firewall and routing stay as they are.
  setsid dockerd --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
    >"$state/dockerd.log" 2>&1 </dev/null &
  echo $! >"$state/dockerd.pid"
  for ((second = 0; second < wait_seconds; second++)); do
    if answers; then return; fi
    sleep 1
  done
  tail -n 30 "$state/dockerd.log" >&2
  say "dockerd did not answer within $wait_seconds seconds"
  exit 1
}

find_image() {
  local wanted
  for wanted in "${PARTYWALL_TEST_POSTGRES_IMAGE:-postgres:18}" "partywall/postgres:$major"; do
    if has_image "$wanted"; then
      image=$wanted
      return
    fi
  done
  command -v debootstrap >/dev/null || install_packages debootstrap
  "$here/postgres-image/build.sh" "$major" >&2
  image="partywall/postgres:$major"
}

up() {
  mkdir -p "$state"
  answers || start_engine
  find_image
  say "using $image"
  echo "export PARTYWALL_TEST_POSTGRES_IMAGE='$image'"
  # Testcontainers' reaper is an image of its own, which no one can pull here.
  has_image testcontainers/ryuk:0.14.0 || echo "export TESTCONTAINERS_RYUK_DISABLED=true"
}

down() {
  [ -s "$state/dockerd.pid" ] || return 0
  local pid
  pid=$(cat "$state/dockerd.pid")
  kill "$pid" 2>/dev/null || true
  for ((tenth = 0; tenth < 300; tenth++)); do
    if ! kill -0 "$pid" 2>/dev/null; then break; fi
    sleep 0.1
  done
  rm -f "$state/dockerd.pid"
  say "stopped dockerd"
}

state=${2:-}
major=${3:-15}
case "${1:-}" in
  up | down) [ -n "$state" ] || { say "name a state directory"; exit 2; }; "$1" ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

#!/usr/bin/env bash
# check-dev.sh - what ./dev asks for, and in which order, on systems with made-up package managers that write it down
# SPDX-License-Identifier: GPL-3.0-or-later
set -euo pipefail
export LC_ALL=C
tree=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
unset CI
export calls=$place/calls

# fake FOLDER/NAME: a program that writes its call down and does what standard input says
fake () { { printf '#!/bin/bash\necho "%s $*" >>"$calls"\n' "${1#*/}"; cat; } >"$place/$1"; chmod +x "$place/$1"; }

# bare_system USER-ID: only the plain tools; what installing brings lies in store
bare_system ()
{
  local tool
  rm -rf "${place:?}"/{bin,store,tree,calls}
  mkdir -p "$place"/{bin,store,tree}
  cp "$tree/dev" "$place/tree"
  for tool in bash env sed awk grep cat cp dirname readlink mkdir rm find head true wc uname setarch; do
    ln -s "$(type -P "$tool")" "$place/bin/$tool"
  done
  touch "$calls"
  fake bin/id <<<"echo $1"
  fake bin/sudo <<<'[ "$1" != -n ] || shift; exec "$@"'
  for tool in gcc meson ninja msgfmt pkg-config; do fake store/$tool </dev/null; done
}

# The distribution has everything but the first of a choice of names.
with_apt ()
{
  fake bin/apt-get <<<'[ "$1" != install ] || cp "${0%/*}"/../store/* "${0%/*}"'
  fake bin/apt-cache <<<'case $3 in pkg-config) echo "  Candidate: (none)" ;; *) echo "  Candidate: 1.0" ;; esac'
}

with_dnf ()
{
  fake bin/dnf <<<'case $*:$1 in *rsvg-pixbuf-loader:-q) ;; *:-q) echo a-package ;; *) cp "${0%/*}"/../store/* "${0%/*}" ;; esac'
}

dev () { PATH=$place/bin "$place/tree/dev" "$@" </dev/null >"$place/out" 2>&1; }

until_asked ()
{
  for _ in {1..50}; do
    ! grep -qF '[Y/n]' "$place/out" || return 0
    sleep 0.1
  done
}

# on_terminal ANSWER: given when there is a question
on_terminal ()
{
  : >"$place/out"
  { until_asked; printf '%s\n' "$1"; } |
    PATH=$place/bin:$PATH script -qec "env PATH=$place/bin $place/tree/dev build" /dev/null >"$place/out" 2>&1
}

fail () { echo "$*"; cat "$calls" "$place/out"; exit 1; }
called () { grep -qE -- "$1" "$calls" || fail "not called: $1"; }
not_called () { ! grep -qE -- "$1" "$calls" || fail "called: $1"; }
said () { grep -qF -- "$1" "$place/out" || fail "not said: $1"; }

# order FIRST THEN: both were called, in this order
order ()
{
  called "$1"
  called "$2"
  [ "$(grep -nE -m1 -- "$1" "$calls" | cut -d: -f1)" -lt "$(grep -nE -m1 -- "$2" "$calls" | cut -d: -f1)" ] || fail "$2 before $1"
}

installs_with_apt ()
{
  bare_system 0
  with_apt
  dev build || fail "it failed"
  order '^apt-get update' '^apt-get install .*\bgcc\b.*\bmeson\b.*\bpkgconf\b.*\blibglib2.0-dev\b'
  order '^apt-get install .*\bgcc\b' '^apt-get install .*\blibgtk-4-dev\b'
  order '^apt-get install' '^meson setup .*-Doptimization=2'
  not_called '^sudo|^apt-get install .*xvfb'
}

installs_with_dnf ()
{
  bare_system 1000
  with_dnf
  dev build || fail "it failed"
  called '^sudo -n dnf install -y .*\bgcc\b.*\bninja-build\b.*pkgconfig\(gio-unix-2.0\)'
  order '^dnf install .*\bgcc\b' '^dnf install .*pkgconfig\(gtk4\)'
  not_called '^dnf install .*rsvg-pixbuf-loader|^sudo .*repoquery'
}

needs_a_manager ()
{
  bare_system 0
  if dev build; then fail "it went on"; fi
  said 'neither apt nor dnf here'
  said ' gcc'
}

asks_on_a_terminal ()
{
  bare_system 1000
  with_apt
  if on_terminal n; then fail "it went on"; fi
  said 'Install with apt: gcc'
  said 'nothing was installed'
  not_called '^apt-get|^sudo'
  on_terminal y || fail "it failed"
  order '^sudo env .*apt-get update' '^sudo env .*apt-get install'
}

goes_on_without_what_can_be_missing ()
{
  bare_system 0
  with_apt
  dev build || fail "it failed"
  rm "$place/tree/build/.packages-tried"
  fake bin/pkg-config <<<'[[ "$*" != *gtk4 ]]'
  : >"$calls"
  on_terminal n || fail "it failed"
  said 'libgtk-4-dev'
  not_called '^apt-get (update|install)'
  dev build || fail "it failed"
  said 'going on without: gtk4'
}

tells_what_root_must_do ()
{
  bare_system 1000
  with_apt
  rm "$place/bin/sudo"
  if dev build; then fail "it went on"; fi
  said 'as root: apt install gcc '
  not_called '^apt-get'
  cp "$place"/store/* "$place/bin"
  fake bin/pkg-config <<<'[[ "$*" != *gtk4 ]]'
  dev build || fail "it failed where only parts that can be missing are"
  order '^meson setup' '^ninja'
}

needs_the_password ()
{
  bare_system 1000
  with_apt
  fake bin/sudo <<<'exit 1'
  if dev build; then fail "it went on"; fi
  said 'without root'
  not_called '^apt-get'
}

ends_at_an_interrupt ()
{
  bare_system 1000
  with_apt
  if on_terminal $'\003'; then fail "it went on"; fi
  said 'Install with apt: gcc'
  not_called '^apt-get|^sudo|^meson'
}

# meson test finds a failure in one folder
runs_both_sanitizers ()
{
  bare_system 0
  with_apt
  fake store/meson <<'END'
[ "$1" = test ] || exec mkdir -p "$2"
mkdir -p "$3/meson-logs"
case $3 in *build-asan) result=FAIL ;; *) result=OK ;; esac
echo "{\"result\": \"$result\"}" >"$3/meson-logs/testlog.json"
[ $result = OK ]
END
  if dev sanitize; then fail "the first half's failure was lost"; fi
  order '^meson test -C .*build-asan' '^meson test -C .*build-tsan'
  said 'Address and undefined-behaviour sanitizers: 0 passed, 1 failed, 0 skipped'
  said 'Thread sanitizer: 1 passed, 0 failed, 0 skipped'
}

installs_with_apt
installs_with_dnf
runs_both_sanitizers
needs_a_manager
tells_what_root_must_do
needs_the_password
if command -v script >/dev/null; then
  asks_on_a_terminal
  ends_at_an_interrupt
  goes_on_without_what_can_be_missing
else
  echo "script is not here: nothing was tried on a terminal"
fi

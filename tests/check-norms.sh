#!/usr/bin/env bash
# check-norms.sh - what every source file keeps to: licence line, white space, widths, lengths, no machine's paths
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check-norms.sh [--self-test | TREE]
set -euo pipefail
export LC_ALL=C.UTF-8

max_width=140 max_file=700 max_header=120 max_function=100 long_function=60

# files PATTERN…: the tree's own files of these names, build folders and data left out
files ()
{
  local names=() pattern
  for pattern in "$@"; do names+=(-o -name "$pattern"); done
  find . \( -name .git -o -name 'build*' -type d -o -name __pycache__ -o -name fixtures -o -name golden \) -prune \
    -o -type f \( "${names[@]:1}" \) -print | sed 's,^\./,,' | sort
}

licensed=('*.c' '*.h' '*.py' '*.sh' dev run)
sources=("${licensed[@]}" '*.inc')
texts=("${sources[@]}" meson.build meson_options.txt '*.xml' '*.in' '*.ui' '*.css' '*.yml' '*.svg' '*.md')

check_licence ()
{
  local file
  while read -r file; do
    head -n 20 "$file" | grep -qE '(/\*|#|//) ?SPDX-License-Identifier: GPL-3.0-or-later' ||
      echo "$file: no SPDX line near its top"
  done < <(files "${licensed[@]}")
}

# check_lines PATTERN WHAT FILES…
check_lines ()
{
  local pattern=$1 what=$2
  shift 2
  files "$@" | xargs -r -d '\n' grep -HInE -- "$pattern" | sed -E "s/^([^:]*:[0-9]+):.*/\1: $what/" || true
}

is_header () { [[ $1 == *.h && $1 != *.k.h && ${1##*/} != simd-* ]]; }

check_lengths ()
{
  local file lines max
  while read -r file; do
    lines=$(wc -l <"$file")
    max=$max_file
    if is_header "$file"; then max=$max_header; fi
    [ "$lines" -le $max ] || echo "$file: $lines lines, at most $max"
  done < <(files '*.c' '*.h' '*.inc' | grep '^src/' || true)
}

# function_lengths: "LENGTH FILE:LINE NAME"
function_lengths ()
{
  files '*.c' '*.h' | grep '^src/' |
    ctags --languages=C --langmap=C:+.h --kinds-C=f -x --_xformat='%{end} %n %F %N' -L - 2>/dev/null |
    awk '{ print $1 - $2 + 1, $3 ":" $2, $4 }' || true
}

check_functions ()
{
  [[ $(ctags --version 2>/dev/null) == Universal* ]] || { echo "skipped: universal-ctags is not here" >&2; return 0; }
  function_lengths | awk -v limit=$max_function '$1 > limit { print $2 ": " $3 " has " $1 " lines, at most " limit }'
  function_lengths | awk -v limit=$long_function -v max=$max_function \
    '$1 > limit && $1 <= max { print "long: " $2 ": " $3 " has " $1 " lines" }' >&2
}

check_shell ()
{
  command -v shellcheck >/dev/null || { echo "skipped: shellcheck is not here" >&2; return 0; }
  files '*.sh' dev run | xargs -r -d '\n' shellcheck -S warning -f gcc || true
}

check ()
{
  cd "$1"
  check_licence
  check_lines $'\t' 'a tab' "${texts[@]}"
  check_lines ' +$' 'trailing space' "${texts[@]}"
  # the vector layers are tables of one-liners
  check_lines "^.{$((max_width + 1)),}" "more than $max_width columns" "${sources[@]}" meson.build | grep -v '/simd-' || true
  check_lines '/w[o]rk/|/h[o]me/[a-z]|/r[o]ot/|/tmp/b[-]|\.\./sh[a]red/[^d]' "a machine's path" "${texts[@]}"
  check_lengths
  check_functions
  check_shell
}

# plant FILE TEXT MESSAGE: expects exactly this one offence
plant ()
{
  local found
  mkdir -p "$(dirname "$place/$1")"
  printf '%b' "$2" >"$place/$1"
  found=$(check "$place" 2>/dev/null)
  rm "$place/$1"
  [[ $found == "$1"*"$3"* && $(wc -l <<<"$found") = 1 ]] || { echo "not found: $1, $3 ($found)"; exit 1; }
}

self_test ()
{
  local spdx='/* SPDX-License-Identifier: GPL-3.0-or-later */\n' body
  place=$(mktemp -d)
  trap 'rm -rf "$place"' EXIT
  plant src/a.c 'int x;\n' 'no SPDX'
  plant src/a.c "$spdx\tint x;\n" 'a tab'
  plant src/a.c "${spdx}int x; \n" 'trailing space'
  plant src/a.c "$spdx/* $(printf 'x%.0s' {1..140}) */\n" 'columns'
  plant src/a.c "$spdx/* /w""ork/x */\n" "a machine's path"
  plant src/a.c "$spdx$(printf '/* */\\n%.0s' {1..700})" 'lines, at most 700'
  plant src/a.h "$spdx$(printf '/* */\\n%.0s' {1..120})" 'lines, at most 120'
  if command -v shellcheck >/dev/null; then
    plant a.sh '#!/bin/sh\n# SPDX-License-Identifier: GPL-3.0-or-later\ncd x\n' 'SC2164'
  fi
  body=$(printf '  x++;\\n%.0s' {1..100})
  if command -v ctags >/dev/null; then plant src/a.c "${spdx}void\nf (int x)\n{\n$body}\n" 'f has'; fi
  echo "each planted offence found"
}

case ${1:-} in
  --self-test) self_test ;;
  *)
    found=$(check "${1:-$(dirname "$0")/..}")
    [ -z "$found" ] || { printf '%s\n' "$found"; exit 1; }
    ;;
esac

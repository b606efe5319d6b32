#!/usr/bin/env bash
# check-metadata.sh - desktop entry, metainfo, settings schema, MIME types and icons pass their validators
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check-metadata.sh BUILT-DESKTOP-FILE BUILT-METAINFO-FILE
# A validator that is not here is named; when none is, the whole is skipped (77).
set -euo pipefail
export LC_ALL=C.UTF-8
desktop=$1 metainfo=$2
data=$(dirname "$0")/../data
status=0 n_run=0

# with TOOL ARG…: one validator
with ()
{
  if ! command -v "$1" >/dev/null; then echo "skipped: $1 is not here"; return; fi
  n_run=$((n_run + 1))
  "$@" >"$out" 2>&1 || { echo "failed: $*"; cat "$out"; status=1; }
}

# is_in FILE TEXT
is_in () { grep -qF -- "$2" "$1" || { echo "$1 lacks $2"; status=1; }; }

out=$(mktemp)
trap 'rm -f "$out"' EXIT
with desktop-file-validate "$desktop"
with appstreamcli validate --no-net "$metainfo"
with appstream-util validate-relax --nonet "$metainfo"
with glib-compile-schemas --strict --dry-run "$data"
with xmllint --noout "$data"/*-mime.xml "$data"/icons/hicolor/*/apps/*.svg

# What the validators do not see: the MIME types agree, and Flathub's limits.
while read -r type; do
  is_in "$metainfo" "<mediatype>$type</mediatype>"
  cat "$data"/*-mime.xml >"$out"
  is_in "$out" "<mime-type type=\"$type\">"
done < <(sed -n 's/^MimeType=//p' "$desktop" | tr ';' '\n' | sed '/^$/d')
summary=$(sed -n 's,.*<summary>\(.*\)</summary>.*,\1,p' "$metainfo")
[[ $summary =~ ^.{10,35}$ ]] || { echo "summary of ${#summary} characters: $summary"; status=1; }
newest=$(sed -n 's/.*<release [^>]*version="\([^"]*\)".*/\1/p' "$metainfo" | head -n 1)
is_in "$data/../meson.build" "version: '$newest'"

[ $status = 0 ] || exit 1
[ $n_run -gt 0 ] || exit 77

#!/usr/bin/env bash
# check-potfiles.sh - po/POTFILES lists every file with a string to translate, and no file that is gone
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check-potfiles.sh [--update]        --update writes the list anew
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."

marked='(^|[^A-Za-z0-9_])(_|N_|C_|NC_|ngettext|g_dngettext|g_dpgettext2) ?\('
translatable='translatable="(yes|true)"|(^|[^A-Za-z0-9_])_\("'

# The macros' own definitions are not strings.
wanted ()
{
  {
    find src -name '*.c' -o -name '*.h' -o -name '*.inc' | while read -r file; do
      if grep -vE '^ *#' "$file" | grep -E "$marked" >/dev/null; then echo "$file"; fi
    done
    find src \( -name '*.ui' -o -name '*.blp' \) -exec grep -lE "$translatable" {} + || true
    find data -maxdepth 1 \( -name '*.desktop.in' -o -name '*.metainfo.xml.in' \)
  } | sort
}

# xgettext knows the macros of <inttypes.h>, and ends a string at any other, such as GLib's.
cut_strings ()
{
  grep -E '\.[ch]$' po/POTFILES | xargs grep -PzoH '(?s)\b_ ?\([^;]*?%" G_[A-Z0-9]+_FORMAT' | tr '\0' '\n' |
    grep -oE '^src/[^:]*:|G_[A-Z0-9]+_FORMAT' | paste -sd ' ' | sed 's/ src/\nsrc/g' | grep . || true
}

if [ "${1:-}" = --update ]; then
  wanted >po/POTFILES
  exit 0
fi

status=0
listed=$(grep -vE '^(#|$)' po/POTFILES || true)
while read -r file; do
  grep -qxF "$file" <<<"$listed" || { echo "po/POTFILES lacks $file"; status=1; }
done < <(wanted)
while read -r file; do
  [ -z "$file" ] || [ -f "$file" ] || { echo "po/POTFILES lists $file, which does not exist"; status=1; }
done <<<"$listed"
[ -n "$listed" ] || { echo "po/POTFILES lists nothing"; status=1; }
while read -r place; do
  echo "a string to translate is cut short at a macro, write PRIu64 or %zu: $place"
  status=1
done < <(cut_strings)
[ $status = 0 ] || echo "tests/check-potfiles.sh --update writes the list anew"
exit $status

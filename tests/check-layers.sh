#!/usr/bin/env bash
# check-layers.sh - every #include of src/ points down: ui, cli -> plot -> analysis -> engine -> formats -> kernels
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check-layers.sh [--self-test | SOURCE-FOLDER]
set -euo pipefail
export LC_ALL=C

# FOLDER  RANK  SYSTEM HEADERS NOT FOR IT
layers='
kernels   0  g(lib|io|object|module)|gtk|gdk|adwaita|cairo|pango|archive|zlib|libdeflate|json-glib|hdf5|cblas
formats   1  gtk|gdk|adwaita|cairo|pango|cblas
engine    2  gtk|gdk|adwaita|cairo|pango
analysis  3  gtk|gdk|adwaita|cairo|pango
plot      4  gtk|gdk|adwaita
cli       5  gtk|gdk|adwaita
ui        5  -
'

declare -A ranks forbidden owners
while read -r folder rank headers; do
  [ -z "$folder" ] || { ranks[$folder]=$rank; forbidden[$folder]=$headers; }
done <<<"$layers"

# includes FOLDER: "FILE LINE BRACKET NAME" of each include
includes ()
{
  grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' --include='*.[ch]' --include='*.inc' "$1" |
    sed -E 's/^([^:]*):([0-9]+):[^<"]*([<"])([^>"]*).*/\1 \2 \3 \4/' || true
}

# find_owners: for each file name of the tree, the layers that have it
find_owners ()
{
  local path
  owners=()
  while read -r path; do owners[${path##*/}]+="${path%%/*} "; done < <(find . -mindepth 2 -name '*.h' -printf '%P\n')
}

check_system ()
{
  local file=$1 line=$2 name=$3 layer=$4
  [[ ! $name =~ ^(${forbidden[$layer]}) ]] || echo "$file:$line: $layer must not include <$name>"
}

check_own ()
{
  local file=$1 line=$2 name=$3 layer=$4 owner
  for owner in ${owners[${name##*/}]:-}; do
    if [ "$owner" = "$layer" ] || [ -z "${ranks[$owner]:-}" ]; then continue; fi
    [ "${ranks[$owner]}" -lt "${ranks[$layer]}" ] || echo "$file:$line: $layer must not include $owner's $name"
  done
}

check_layer ()
{
  local layer=$1 file line bracket name
  while read -r file line bracket name; do
    check_system "$file" "$line" "$name" "$layer"
    [ "$bracket" = '<' ] || check_own "$file" "$line" "$name" "$layer"
  done < <(includes "$layer")
}

check ()
{
  local folder
  cd "$1"
  find_owners
  for folder in */; do
    folder=${folder%/}
    if [ -n "${ranks[$folder]:-}" ]; then check_layer "$folder"
    else echo "$folder: not a layer; name it in check-layers.sh"
    fi
  done
}

# plant FILE TEXT: expects exactly one offence, in FILE
plant ()
{
  local found
  mkdir -p "$place/$(dirname "$1")"
  printf '%s\n' "$2" >"$place/$1"
  found=$(check "$place")
  rm "$place/$1"
  [[ $found == "$1:"* && $(wc -l <<<"$found") = 1 ]] || { echo "not found: $1 with $2 ($found)"; exit 1; }
}

self_test ()
{
  place=$(mktemp -d)
  trap 'rm -rf "$place"' EXIT
  mkdir -p "$place"/{kernels,formats,engine,analysis,plot,cli,ui}
  touch "$place"/{kernels/kernels.h,formats/sp-store.h,analysis/sp-run.h,plot/sp-figure.h,ui/sp-window.h,cli/command.h}
  echo '#include "sp-store.h"' >"$place/analysis/fine.c"
  [ -z "$(check "$place")" ] || { echo "offence found where there is none"; exit 1; }
  plant kernels/a.c '#include <glib.h>'
  plant kernels/b.k.h '#include "sp-store.h"'
  plant formats/a.c '#include "sp-run.h"'
  plant formats/readers/a.c '#include <cairo.h>'
  plant engine/a.c '# include "../analysis/sp-run.h"'
  plant analysis/a.h '#include "sp-figure.h"'
  plant analysis/analyses/a.c '#include <cairo/cairo.h>'
  plant plot/kinds/a.c '#include <gtk/gtk.h>'
  plant plot/a.c '#include "sp-window.h"'
  plant cli/a.c '#include <adwaita.h>'
  plant cli/b.c '#include "sp-window.h"'
  plant ui/a.c '#include "command.h"'
  echo "12 planted offences found"
}

case ${1:-} in
  --self-test) self_test ;;
  *)
    found=$(check "${1:-$(dirname "$0")/../src}")
    [ -z "$found" ] || { printf '%s\n' "$found"; exit 1; }
    ;;
esac

#!/usr/bin/env bash
# check-installed.sh - what is installed belongs together, and works from wherever its tree is moved to
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check-installed.sh BUILD-FOLDER PREFIX BINDIR DATADIR
set -euo pipefail
build=$1 prefix=$2 bin=$3 data=$4
id=io.github.sparsoscope.Sparsoscope
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

fail () { echo "$*"; exit 1; }

DESTDIR=$place/staged meson install -C "$build" --no-rebuild --quiet >/dev/null || fail "it does not install"
mv "$place/staged$prefix" "$place/moved"
bin=$place/moved/$bin data=$place/moved/$data

# in_german PROGRAM ARG…: with nothing of the surroundings but the language
in_german () { env -i PATH="$PATH" LC_ALL=C.UTF-8 LANGUAGE=de "$@"; }

[[ $(in_german "$bin/sparsoscope-cli" --help) == Aufruf:* ]] || fail "the translation is not found from the new place"
"$bin/sparsoscope-cli" info "$data/sparsoscope/sample/relu-pruned" >/dev/null || fail "the sample is not whole"

belongings=("applications/$id.desktop" "metainfo/$id.metainfo.xml" "icons/hicolor/scalable/apps/$id.svg"
  "icons/hicolor/symbolic/apps/$id-symbolic.svg" "glib-2.0/schemas/$id.gschema.xml" "mime/packages/$id-mime.xml")
for file in "${belongings[@]}"; do
  if [ -x "$bin/sparsoscope" ]; then [ -f "$data/$file" ] || fail "not installed: $file"
  else [ ! -e "$data/$file" ] || fail "installed without the window: $file"
  fi
done

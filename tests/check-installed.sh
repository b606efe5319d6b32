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

# With nothing of the surroundings but the language, whose locale is made here: gettext translates nothing in C.
mkdir "$place/locales"
if localedef -i de_DE -f UTF-8 "$place/locales/de_DE.UTF-8" 2>/dev/null; then
  help=$(env -i PATH="$PATH" LOCPATH="$place/locales" LC_ALL=de_DE.UTF-8 "$bin/sparsoscope-cli" --help)
  [[ $help == Aufruf:* ]] || fail "the translation is not found from the new place"
else
  echo "skipped: no German locale can be made here to look for the translation with"
fi
"$bin/sparsoscope-cli" info "$data/sparsoscope/sample/relu-pruned" >/dev/null || fail "the sample is not whole"

belongings=("applications/$id.desktop" "metainfo/$id.metainfo.xml" "icons/hicolor/scalable/apps/$id.svg"
  "icons/hicolor/symbolic/apps/$id-symbolic.svg" "glib-2.0/schemas/$id.gschema.xml" "mime/packages/$id-mime.xml")
for file in "${belongings[@]}"; do
  if [ -x "$bin/sparsoscope" ]; then [ -f "$data/$file" ] || fail "not installed: $file"
  else [ ! -e "$data/$file" ] || fail "installed without the window: $file"
  fi
done

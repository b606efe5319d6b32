#!/usr/bin/env bash
# run-window.sh - a display and a session bus of their own for what starts the window; 77 where a tool is missing
# SPDX-License-Identifier: GPL-3.0-or-later
#
# run-window.sh SCRIPT PROGRAM GALLERY [ARGUMENT…]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
script=$1 program=$2 gallery=$3
shift 3

for tool in Xvfb dbus-daemon dbus-run-session xdotool import; do
  command -v $tool >/dev/null || { echo "skipped: $tool is not here"; exit 77; }
done
/usr/bin/python3 -c 'import pyatspi' 2>/dev/null || { echo "skipped: python3-pyatspi is not here"; exit 77; }

scratch=$(mktemp -d)
trap 'kill "$xvfb" 2>/dev/null || true; rm -rf "$scratch"' EXIT
mkdir -p "$gallery" "$scratch"/{home,config/gtk-4.0,runtime,services}
chmod 700 "$scratch/runtime"
printf '[Settings]\ngtk-font-name=Cantarell 11\ngtk-icon-theme-name=Adwaita\n' >"$scratch/config/gtk-4.0/settings.ini"

# Only the accessibility bus may be started: portals would look for a desktop.
cp /usr/share/dbus-1/services/org.a11y.Bus.service "$scratch/services"
cat >"$scratch/bus.conf" <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type><keep_umask/><listen>unix:tmpdir=$scratch</listen><auth>EXTERNAL</auth>
  <servicedir>$scratch/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
END

exec 3>"$scratch/display"
Xvfb -displayfd 3 -screen 0 2600x1700x24 -nolisten tcp >/dev/null 2>&1 &
xvfb=$!
for _ in $(seq 50); do [ -s "$scratch/display" ] && break; sleep 0.1; done
DISPLAY=:$(<"$scratch/display")
export DISPLAY
export LC_ALL=C.UTF-8 GSK_RENDERER=cairo GDK_BACKEND=x11 GTK_USE_PORTAL=0 ADW_DISABLE_PORTAL=1 GSETTINGS_BACKEND=memory
export HOME=$scratch/home XDG_CONFIG_HOME=$scratch/config XDG_RUNTIME_DIR=$scratch/runtime XDG_DATA_HOME=$scratch/home
# Of GTK, LeakSanitizer finds what it keeps until the end, and drivers that are gone by then.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
export G_DEBUG=fatal-criticals SPARSOSCOPE_SAMPLE_DIR=$here/../../data/sample
dbus-run-session --config-file="$scratch/bus.conf" -- \
  /usr/bin/python3 "$here/$script" "$program" "$gallery" "$scratch" "$@"

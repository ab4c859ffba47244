#!/bin/bash
# Runs a Windows program in the Wine that wine-setup.sh made.
#
#   wine-run.sh 32|64 PROGRAM [ARGUMENT...]
#   wine-run.sh 32|64 --start    starts the Wine of that width, which stays for a minute after the last program;
#                                without, it ends with each program, and a next one that starts in that moment fails
#   wine-run.sh 32|64 --stop     ends the Wine of that width and all that runs in it
#
# The program runs in the current folder; name files relative to it, with forward
# slashes. The environment is passed on. The 32-bit Wine runs in a chroot and needs
# root; it shares the machine's network, loopback included.
#
# It is Wine's server that opens all files, so what counts is what the server sees,
# which may have been started from another folder, by another command. So it is the
# whole machine that is mounted in the chroot, not the current folder. Only what was
# mounted after a server had started is hidden from it, in both widths: --stop first.
set -euo pipefail

cache=${KBRIDGE_WINE_CACHE:-$HOME/.cache/kbridge-wine}
if [ $# -lt 2 ] || { [ "$1" != 32 ] && [ "$1" != 64 ]; }; then
    echo "usage: wine-run.sh 32|64 PROGRAM [ARGUMENT...]" >&2
    exit 2
fi
bits=$1
shift
# No debug output, and no questions about Mono (.NET) and Gecko (HTML).
export WINEDEBUG=${WINEDEBUG:--all} WINEDLLOVERRIDES='mscoree,mshtml='

if [ "$bits" = 64 ]; then
    export WINEARCH=win64 WINEPREFIX=$cache/prefix64
    wine=/usr/lib/wine/wine64 server=/usr/lib/wine/wineserver64
    [ -x "$wine" ] || wine=$(command -v wine64)
    [ -x "$server" ] || server=$(command -v wineserver)
    [ "$1" != --start ] || exec "$server" -p60
    [ "$1" != --stop ] || { "$server" -k || true; exit 0; }
    exec "$wine" "$@"
fi

if [ "$(id -u)" != 0 ]; then
    echo "wine-run: the 32-bit Wine runs in a chroot, which needs root" >&2
    exit 1
fi
export WINEARCH=win32 WINEPREFIX=/prefix HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin
# The mounts are seen by this command, and by a server that it starts, and end with them.
# The folder's path is the one without symbolic links, whose targets begin at another / here.
exec unshare --mount sh -ec '
    root=$1
    shift
    mount --rbind / "$root/work"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    exec chroot "$root" sh -ec "
        cd \"/work\$1\"
        shift
        [ \"\$1\" != --start ] || exec /usr/lib/wine/wineserver32 -p60
        [ \"\$1\" != --stop ] || { /usr/lib/wine/wineserver32 -k || true; exit 0; }
        exec /usr/lib/wine/wine \"\$@\"" sh "$@"
' sh "$cache/root32" "$(pwd -P)" "$@"

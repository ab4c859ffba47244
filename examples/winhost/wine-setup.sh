#!/bin/bash
# Sets up Wine for 32-bit and 64-bit Windows programs on a Debian machine whose own
# packages are amd64: the tests of the Windows library run in it.
#
#   wine-setup.sh            sets up what is missing; needs root
#   wine-setup.sh --check    says what is missing, if anything; exit 0 if nothing is
#
# What it makes stays in $KBRIDGE_WINE_CACHE (default ~/.cache/kbridge-wine, about
# 2.2 GB) for the next time; deleting that folder undoes everything but the installed
# packages. wine-run.sh runs a program in it.
#
# 64-bit Wine is Debian's wine64. 32-bit Wine does not install beside amd64
# packages without changing the machine's architectures, so it lives in an i386
# Debian of its own, in a folder.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${KBRIDGE_WINE_CACHE:-$HOME/.cache/kbridge-wine}
suite=bookworm
setup=1 # the number of this setup: prefixes made by another one are made anew
packages=(g{cc,++}-mingw-w64-{i686,x86-64}-win32 wine64 debootstrap)

# missing prints what is still to be done, one word a line.
missing() {
    for command in {i686,x86_64}-w64-mingw32-{gcc,g++} debootstrap; do
        command -v "$command" >/dev/null || echo packages
    done
    [ -x /usr/lib/wine/wine64 ] || command -v wine64 >/dev/null || echo packages
    [ -e "$cache/root32/.kbridge" ] || echo root32
    [ "$(cat "$cache/root32/prefix/.kbridge" 2>/dev/null)" = "$setup" ] || echo prefix32
    [ "$(cat "$cache/prefix64/.kbridge" 2>/dev/null)" = "$setup" ] || echo prefix64
}

# the_mirror prints the address that this machine's apt gets Debian from.
the_mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
        'Label: Debian' 'Component: main' | head -n 1
}

install_packages() {
    local new=() package
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            new+=("$package")
    done
    if [ ${#new[@]} -gt 0 ]; then
        apt-get update
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${new[@]}"
    fi
}

# make_root32 makes the i386 Debian with wine32, first under another name, so
# that what was begun and not finished is never taken for the real thing.
make_root32() {
    local mirror part=$cache/root32.part proxy='' include=()
    mirror=$(the_mirror)
    if [ -z "$mirror" ]; then
        echo "wine-setup: apt knows no Debian mirror here, and the 32-bit Wine comes from one" >&2
        return 1
    fi
    rm -rf --one-file-system "$part" "$cache/root32"
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    [ -z "$proxy" ] || export http_proxy=$proxy
    [[ $mirror != https:* ]] || include=(--include=ca-certificates)
    debootstrap --arch=i386 --variant=minbase "${include[@]}" "$suite" "$part" "$mirror"
    # What this machine's apt has been told about its mirror holds in there too.
    apt-config dump Acquire | grep -E '^Acquire::(https?::Proxy|Check-(Valid-Until|Date)) ' \
        >"$part/etc/apt/apt.conf.d/90host" || true
    printf '#!/bin/sh\nexit 101\n' >"$part/usr/sbin/policy-rc.d" # start no services
    chmod +x "$part/usr/sbin/policy-rc.d"
    # The mounts are seen by this command alone and end with it.
    unshare --mount sh -ec '
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
        chroot "$1" apt-get update
        chroot "$1" apt-get install -y --no-install-recommends wine32
        chroot "$1" apt-get clean
    ' sh "$part"
    printf '127.0.0.1\tlocalhost\n' >"$part/etc/hosts"
    mkdir -p "$part/work" "$part/prefix"
    touch "$part/.kbridge"
    mv "$part" "$cache/root32"
}

# make_prefix 32|64 FOLDER makes a Wine prefix: Windows 10, windows without a
# display, no dialog when something crashes, no offer to install Mono or Gecko.
make_prefix() {
    local bits=$1 prefix=$2 run=$here/wine-run.sh system=$2/drive_c/windows
    rm -rf --one-file-system "$prefix"
    mkdir -p "$prefix"
    "$run" "$bits" wineboot --init
    "$run" "$bits" reg add 'HKCU\Software\Wine' /v Version /d win10 /f
    "$run" "$bits" reg add 'HKCU\Software\Wine\Drivers' /v Graphics /d null /f
    "$run" "$bits" reg add 'HKCU\Software\Wine\WineDbg' /v ShowCrashDialog /t REG_DWORD /d 0 /f
    stand_in "$bits" "$system/system32"
    if [ "$bits" = 64 ] && [ -d "$system/syswow64" ]; then
        stand_in 32 "$system/syswow64"
    fi
    "$run" "$bits" --stop
    echo "$setup" >"$prefix/.kbridge"
}

# stand_in 32|64 FOLDER puts our bcryptprimitives.dll there if Wine has none.
stand_in() {
    local gcc=x86_64-w64-mingw32-gcc
    [ "$1" = 64 ] || gcc=i686-w64-mingw32-gcc
    [ -e "$2/bcryptprimitives.dll" ] ||
        "$gcc" -std=c99 -Wall -Wextra -Werror -O2 -s -shared -Wl,--kill-at -o "$2/bcryptprimitives.dll" \
            "$here/bcryptprimitives.c" "$here/bcryptprimitives.def" -ladvapi32
}

if [ "${1:-}" = --check ]; then
    todo=$(missing | sort -u | tr '\n' ' ')
    [ -z "$todo" ] && exit 0
    echo "wine-setup: not set up: ${todo% } (examples/winhost/wine-setup.sh, as root, does it)"
    exit 1
elif [ $# -gt 0 ]; then
    echo "usage: wine-setup.sh [--check]" >&2
    exit 2
fi
[ -n "$(missing)" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "wine-setup: needs root: it installs packages and makes a chroot" >&2
    exit 1
fi
sources=$(realpath "$here/../..")
case $(realpath -m "$cache")/ in
"$sources"/build/?*) ;;
/ | "$sources"/*)
    echo "wine-setup: KBRIDGE_WINE_CACHE is $cache; take a folder outside the sources, or one in build/" >&2
    exit 1
    ;;
esac

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9 # two at once would undo each other's work
export KBRIDGE_WINE_CACHE=$cache
renice -n 10 $$ >/dev/null
exec 3>&2 >"$cache/setup.log" 2>&1
trap 'status=$?
    if [ $status != 0 ]; then
        tail -n 20 "$cache/setup.log" >&3
        echo "wine-setup: failed; the whole log is $cache/setup.log" >&3
    fi' EXIT

# Nothing that is started here may keep the lock: Wine's server lives on for a while.
for step in packages root32 prefix32 prefix64; do
    missing | grep -x "$step" >/dev/null || continue
    echo "wine-setup: $step" >&3
    case $step in
    packages) install_packages 9>&- ;;
    root32) make_root32 9>&- ;;
    prefix32) make_prefix 32 "$cache/root32/prefix" 9>&- ;;
    prefix64) make_prefix 64 "$cache/prefix64" 9>&- ;;
    esac
done
if [ -n "$(missing)" ]; then
    echo "still missing:" $(missing)
    exit 1
fi

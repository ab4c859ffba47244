#!/bin/bash
# Runs the Windows library for real, in the Wine that wine-setup.sh made: the checks
# of winhost in 32 and 64 bits, and one three-player game of a 32-bit winhost, a
# 64-bit winhost and a chip8 on Linux, over a server on Linux.
#
#   examples/winhost/test.sh [BUILD]      from the top of the sources; BUILD is build
#
# Needs in BUILD: kaillera-server, chip8, windows-386 and windows-amd64 with
# kailleraclient.dll and winhost.exe each.
set -uo pipefail

build=${1:-build}
run=$(dirname "${BASH_SOURCE[0]}")/wine-run.sh
frames=600
logs=$build/winhost-test
rm -rf "$logs"
mkdir -p "$logs"
failed=0

folder() { if [ "$1" = 32 ]; then echo "$build/windows-386"; else echo "$build/windows-amd64"; fi; }

# must NAME BITS FLAG... is a winhost that has to succeed.
must() {
    local name=$1 bits=$2
    shift 2
    program "$name" "$bits" winhost.exe --library "$(folder "$bits")/kailleraclient.dll" "$@"
}

# program NAME BITS PROGRAM [ARGUMENT...] runs a program of that folder, for two
# minutes at most; it has to succeed, and its output goes to a log.
program() {
    local name=$1 bits=$2 program=$3
    shift 3
    if timeout 120 "$run" "$bits" "$(folder "$bits")/$program" "$@" >"$logs/$name.log" 2>&1; then
        echo "ok   $name"
    else
        echo "FAIL $name (exit status $?)"
        sed 's/^/     /' "$logs/$name.log"
        failed=1
    fi
}

unset KAILLERA_SERVER
for bits in 32 64; do
    program "sockets-$bits" $bits udp-test.exe
    program "import-library-$bits" $bits linked.exe
    must "load-free-load-$bits" $bits --load-free-load
    must "wrong-order-$bits" $bits --wrong-order
    must "nulls-$bits" $bits --nulls
done
must spelling-at 32 --spelling at --nulls
must spelling-plain 32 --spelling plain --nulls --misalign

"$build/kaillera-server" -listen 127.0.0.1:0 >"$logs/server.log" 2>&1 &
server=$!
trap 'kill $server && wait $server' EXIT
for _ in $(seq 100); do
    KAILLERA_SERVER=$(sed -n 's/.*msg=listening addr=\([^ ]*\).*/\1/p' "$logs/server.log")
    [ -z "$KAILLERA_SERVER" ] || break
    sleep 0.1
done
export KAILLERA_SERVER
if [ -z "$KAILLERA_SERVER" ]; then
    echo "FAIL the server does not start"
    cat "$logs/server.log"
    exit 1
fi

# The room is the 32-bit winhost's: it stays on a while after its last frame, and a
# room ends with its owner.
export KAILLERA_PLAYERS=3 KAILLERA_GAME=Duel
KAILLERA_NICK=linux KAILLERA_ROLE=join timeout 120 "$build/chip8" --bot --no-screen --frames $frames \
    >"$logs/game-linux.log" 2>&1 &
linux=$!
{
    KAILLERA_NICK=win64 KAILLERA_ROLE=join must game-64 64 --frames $frames --seed 2 --play-thread --bench
    exit $failed
} &
win64=$!
KAILLERA_NICK=win32 KAILLERA_ROLE=create must game-32 32 --frames $frames --seed 1 --misalign --bench
wait $win64 || failed=1
wait $linux || { echo "FAIL game-linux"; failed=1; }
digests=$(sed -n 's/.*\(inputs digest=[0-9a-f]* frames=[0-9]*\).*/\1/p' "$logs"/game-*.log)
if [ "$(wc -l <<<"$digests")" = 3 ] && [ "$(sort -u <<<"$digests" | wc -l)" = 1 ] &&
    [[ $digests == *"frames=$frames" ]]; then
    echo "ok   three players in step: ${digests##*$'\n'}"
else
    echo "FAIL the three players' digests:"
    grep -H 'inputs digest' "$logs"/game-*.log
    failed=1
fi

export KAILLERA_PLAYERS=1 KAILLERA_ROLE=create
for bits in 32 64; do
    KAILLERA_NICK=exit$bits must "exit-midgame-$bits" $bits --exit-midgame --frames 60
done
exit $failed

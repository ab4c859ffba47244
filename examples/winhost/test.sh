#!/bin/bash
# Runs the Windows library for real, in the Wine that wine-setup.sh made: the checks
# of winhost in 32 and 64 bits, and one three-player game of a 32-bit winhost, a
# 64-bit winhost and a chip8 on Linux, at different distances from a server on Linux.
#
#   examples/winhost/test.sh [BUILD]      from the top of the sources; BUILD is build
#
# Needs in BUILD: kaillera-server, chip8, line, windows-386 and windows-amd64 with
# kailleraclient.dll and winhost.exe each.
set -uo pipefail

# One at a time: Wine's server is shared, and one test below ends it.
if [ -z "${KBRIDGE_WINE_LOCKED:-}" ]; then
    export KBRIDGE_WINE_LOCKED=1
    exec flock -o "${KBRIDGE_WINE_CACHE:-$HOME/.cache/kbridge-wine}/test.lock" "$0" "$@"
fi

build=${1:-build}
run=$(realpath "$(dirname "${BASH_SOURCE[0]}")")/wine-run.sh
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

# habit NAME BITS [VARIABLE=VALUE...] does to the library what an old emulator does (habits.c), alone with the server
# or with a second process of its own. The library's log is beside the program's.
habit() {
    local name=$1 bits=$2
    shift 2
    KAILLERA_PLAYERS=1 KAILLERA_ROLE=create KAILLERA_NICK=$name-$bits KAILLERA_GAME=Duel \
        KAILLERA_LOG=$logs/habit-$name-$bits.kaillera.log \
        with "$@" program "habit-$name-$bits" "$bits" habits.exe --library "$(folder "$bits")/kailleraclient.dll" "$name"
}

# with [VARIABLE=VALUE...] COMMAND... runs a command with those in the environment.
with() {
    while [[ $1 == *=* ]]; do
        local -x "${1%%=*}=${1#*=}"
        shift
    done
    "$@"
}

unset KAILLERA_SERVER
export KAILLERA_LOBBY=off # nobody is there to look at a page

server=
lines=()
finish() {
    [ ${#lines[@]} = 0 ] || { kill "${lines[@]}" && wait "${lines[@]}"; }
    [ -z "$server" ] || { kill "$server" && wait "$server"; }
    for bits in 32 64; do "$run" $bits --stop; done
}
trap finish EXIT
# One Wine for all programs, see wine-run.sh. Its server begins in a folder where no program runs.
mkdir "$logs/of the server"
for bits in 32 64; do
    "$run" $bits --stop
    (cd "$logs/of the server" && exec "$run" $bits --start) >"$logs/wine-$bits.log" 2>&1
done

# Programs in different folders at once: each has its own, whatever the server's is.
for bits in 32 64; do
    for name in one 'another one'; do
        mkdir -p "$logs/in $name"
        echo "this is $name" >"$logs/in $name/which"
        (cd "$logs/in $name" && timeout 60 "$run" $bits cmd /c 'type which') >"$logs/in $name/log-$bits" 2>&1 &
    done
    wait
    for name in one 'another one'; do
        if grep -q "this is $name" "$logs/in $name/log-$bits"; then
            echo "ok   the folder of $name-$bits"
        else
            echo "FAIL the folder of $name-$bits"
            sed 's/^/     /' "$logs/in $name/log-$bits"
            failed=1
        fi
    done
done

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

# at NAME MILLISECONDS sets KAILLERA_SERVER to a server that is so far away, one way.
near=$KAILLERA_SERVER
at() {
    "$build/line" -server "$near" -distance "$2" >"$logs/line-$1.log" 2>&1 &
    lines+=($!)
    for _ in $(seq 100); do
        KAILLERA_SERVER=$(head -n 1 "$logs/line-$1.log")
        [ -z "$KAILLERA_SERVER" ] || return
        sleep 0.1
    done
    echo "FAIL the line of $1 does not start"
    exit 1
}

# The players are 5, 25 and 45 ms away, so each has a frame delay of its own. The digest is
# made of a frame for each call, those that return 0 included, so it is equal only if
# all calls are lined up and all hosts run a frame on 0. The room is the
# 32-bit winhost's: it stays on a while after its last frame, and a room ends with
# its owner.
export KAILLERA_PLAYERS=3 KAILLERA_GAME=Duel
at linux 45
KAILLERA_NICK=linux KAILLERA_ROLE=join timeout 120 "$build/chip8" --bot --no-screen --frames $frames \
    >"$logs/game-linux.log" 2>&1 &
linux=$!
at win64 25
{
    KAILLERA_NICK=win64 KAILLERA_ROLE=join must game-64 64 --frames $frames --seed 2 --play-thread --bench
    exit $failed
} &
win64=$!
at win32 5
KAILLERA_NICK=win32 KAILLERA_ROLE=create must game-32 32 --frames $frames --seed 1 --misalign --bench
wait $win64 || failed=1
wait $linux || { echo "FAIL game-linux"; failed=1; }
digests=$(sed -n 's/.*\(inputs digest=[0-9a-f]* frames=[0-9]*\).*/\1/p' "$logs"/game-*.log)
if [ "$(wc -l <<<"$digests")" = 3 ] && [ "$(sort -u <<<"$digests" | wc -l)" = 1 ] &&
    [[ $digests == *"frames=$frames" ]]; then
    echo "ok   three players in step, call by call: ${digests##*$'\n'}"
    delays=$(sed -n 's/.*msg="game started".* players=3 .*delays="\[\([0-9 ]*\)\]".*/\1/p' "$logs/server.log")
    if [ "$(tr ' ' '\n' <<<"$delays" | sort -u | wc -l)" -gt 1 ]; then
        echo "ok   at different distances: frame delays of $delays batches"
    else
        echo "FAIL the players have one frame delay: \"$delays\" in the log of the server"
        failed=1
    fi
else
    echo "FAIL the three players' digests:"
    grep -H 'inputs digest' "$logs"/game-*.log
    failed=1
fi

export KAILLERA_PLAYERS=1 KAILLERA_ROLE=create KAILLERA_SERVER=$near

# fail NAME WHAT... says what was not seen in a program's log.
fail() {
    echo "FAIL $1: ${*:2}"
    sed 's/^/     /' "$logs/$1.log"
    failed=1
}

# Nobody comes, and the window is closed: it was alive all the time. The second
# has not told the library of its window.
KAILLERA_PLAYERS=2 KAILLERA_NICK=quit32 must window-32 32 --quit-lobby --misalign
KAILLERA_PLAYERS=2 KAILLERA_NICK=quit64 must window-64 64 --quit-lobby --no-parent

# Text in windows-1252: the game's entry comes back byte for byte (winhost looks),
# what is said comes back as it was said, and the server, which writes UTF-8, has
# understood. The recording lies beside the DLL.
for bits in 32 64; do
    rm -rf "$(folder $bits)/test-records"
    KAILLERA_GAME='' KAILLERA_NICK=text$bits KAILLERA_RECORD=test-records must "text-$bits" $bits --frames 60 \
        --emulator 'H\xfctte 1.0' --game "Stra\\xdfe $bits" --say 'gr\xfc\xdf dich, \x80 5'
    grep -qF "chat <text$bits> gr\xfc\xdf dich, \x80 5" "$logs/text-$bits.log" || fail "text-$bits" "the chat line"
    grep -qF "Straße $bits" "$logs/server.log" || fail "text-$bits" "no Straße $bits in the server's log"
    grep -qF 'Hütte 1.0' "$logs/server.log" || fail "text-$bits" "no Hütte in the server's log"
    ls "$(folder $bits)"/test-records/*"_Straße $bits.krec" >/dev/null || fail "text-$bits" "no recording beside the DLL"
done

# Bytes to which windows-1252 gives no character, and its soft hyphen: the name of the
# room, of the emulator and the line are the same bytes all the way.
for bits in 32 64; do
    KAILLERA_GAME='' KAILLERA_NICK=bytes$bits must "bytes-$bits" $bits --frames 60 \
        --emulator 'chip8\x9d 1.1' --game "Duel\\x81\\x8d $bits" --say '\x81\x8d\x8f\x90\x9d\xad.'
    grep -qF "chat <bytes$bits> \x81\x8d\x8f\x90\x9d\xad." "$logs/bytes-$bits.log" || fail "bytes-$bits" "the chat line"
    # U+10FE00 and the byte is how the server writes down what has no character.
    grep -qF "game=\"Duel\U0010fe81\U0010fe8d $bits\"" "$logs/server.log" || fail "bytes-$bits" "the room's name in the server's log"
done

# A Japanese Windows: its code page is 932. Wine takes that from the locale, and a
# copy of C.UTF-8 under that name is one; the prefix stays as it is. The session has
# the same charset, on a server that has too; then another one, and what the
# emulator hears is its code page all the same.
mkdir -p "$logs/locale"
for of in /usr/lib/locale/C.utf8 /usr/lib/locale/C.UTF-8; do
    [ ! -d "$of" ] || cp -rL "$of" "$logs/locale/ja_JP.UTF-8"
done
"$build/kaillera-server" -listen 127.0.0.1:0 -charset shift_jis >"$logs/japanese.log" 2>&1 &
lines+=($!)
for _ in $(seq 100); do
    japanese=$(sed -n 's/.*msg=listening addr=\([^ ]*\).*/\1/p' "$logs/japanese.log")
    [ -z "$japanese" ] || break
    sleep 0.1
done
for bits in 32 64; do
    rm -rf "$(folder $bits)/test-records"
    (
        export LOCPATH=$logs/locale KAILLERA_SERVER=$japanese KAILLERA_GAME=
        { export LC_ALL=ja_JP.UTF-8; } 2>/dev/null # bash itself does not look at that LOCPATH
        KAILLERA_NICK=太郎$bits KAILLERA_RECORD=test-records must "japanese-$bits" $bits --frames 60 --emulator '\x83G\x83~\x83\x85 1.0' \
            --game "\\x93\\xfa\\x96\\x7b\\x8c\\xea\\x83Q\\x81[\\x83\\x80 $bits" --say '\x82\xad\x82\xa0 \x95\x5c \x87\x90\xfd'
        KAILLERA_SERVER=$near KAILLERA_CHARSET=utf-8 KAILLERA_NICK=花子$bits must "japanese-utf8-$bits" $bits --frames 60 \
            --game "\\x93\\xfa\\x96\\x7b\\x8c\\xea $bits" --say '\x82\xad\x82\xa0'
        exit $failed
    ) || failed=1
    grep -qF "chat <\x91\xbe\x98Y$bits> \x82\xad\x82\xa0 \x95\\ \x87\x90\xfd" "$logs/japanese-$bits.log" || fail "japanese-$bits" "the chat line"
    grep -qF "chat <\x89\xd4\x8eq$bits> \x82\xad\x82\xa0" "$logs/japanese-utf8-$bits.log" || fail "japanese-utf8-$bits" "the chat line"
    for word in "日本語ゲーム $bits" 'エミュ 1.0' "太郎$bits"; do
        grep -qF "$word" "$logs/japanese.log" || fail "japanese-$bits" "no $word in the server's log"
    done
    ls "$(folder $bits)"/test-records/*"_日本語ゲーム $bits.krec" >/dev/null || fail "japanese-$bits" "no recording of that name"
done

# A DLL in a folder that may not be written: the recording goes below %APPDATA%.
# Wine's server must see that, so it is started anew.
if [ "$(id -u)" = 0 ]; then
    "$run" 64 --stop
    KAILLERA_GAME='' KAILLERA_NICK=locked KAILLERA_RECORD=test-records KAILLERA_LOG=$logs/locked.kaillera.log \
        unshare --mount bash -ec '
            bin=$1 run=$2
            mount --bind "$bin" "$bin"
            mount -o remount,bind,ro "$bin"
            status=0
            timeout 120 "$run" 64 "$bin/winhost.exe" --library "$bin/kailleraclient.dll" --frames 60 --game locked ||
                status=$?
            "$run" 64 --stop
            exit $status' bash "$(folder 64)" "$run" >"$logs/locked.log" 2>&1 || fail locked "exit status"
    if grep -q 'msg="the game is recorded".*AppData.*Roaming.*kbridge.*test-records' "$logs/locked.kaillera.log"; then
        echo "ok   recording below %APPDATA%"
    else
        fail locked "no recording below %APPDATA%: $(cat "$logs/locked.kaillera.log")"
    fi
    "$run" 64 --start >>"$logs/wine-64.log" 2>&1
fi

for bits in 32 64; do
    KAILLERA_NICK=again$bits must "game-free-load-game-$bits" $bits --again --frames 60
    [ "$(grep -c '^inputs digest=.* frames=60' "$logs/game-free-load-game-$bits.log")" = 2 ] ||
        fail "game-free-load-game-$bits" "not two games"
    # A game of its own: the next program with this game would come back into it.
    KAILLERA_GAME='' KAILLERA_NICK=exit$bits must "exit-midgame-$bits" $bits --exit-midgame --frames 60 \
        --game "exit $bits"
done

# What emulators of 1999 to 2010 do, each habit in a process of its own.
slow=()
for bits in 32 64; do # these wait more than they work, so they run beside the others
    {
        failed=0
        habit suspended $bits
        exit $failed
    } &
    slow+=($!)
    {
        failed=0
        habit kill-play-thread $bits
        habit kill-dialog-thread $bits
        habit kill-in-game $bits
        exit $failed
    } &
    slow+=($!)
done
for bits in 32 64; do
    habit lobby-window $bits
    habit lobby-closed $bits
    habit lobby-of-two $bits
    habit parent $bits
    habit parent-of-thread $bits
    habit fibers $bits
    habit path-japanese $bits
    habit path-long $bits
    habit two-copies $bits
    habit sta $bits
    habit vectored-handlers $bits
    habit save $bits
    habit fpu $bits
    habit cdecl $bits
    habit jump $bits
    habit dllmain $bits
    habit freed $bits GOMAXPROCS=1 # one thread of Go's that waits for the loader's lock is enough to stop all of Go then
    habit exit $bits
    habit stack $bits
    for why in "more than 64 MB" "less than 32 kB"; do
        grep -q "a call was refused.*$why" "$logs/habit-stack-$bits.kaillera.log" ||
            fail "habit-stack-$bits" "the log does not say: $why"
    done
    KAILLERA_NICK=large$bits KAILLERA_GAME=Duel program "habit-large-$bits" $bits habits-large.exe \
        --library "$(folder $bits)/kailleraclient.dll" large
    KAILLERA_NICK=throws$bits KAILLERA_GAME=Duel program "exceptions-$bits" $bits exceptions.exe
done
for one in "${slow[@]}"; do
    wait "$one" || failed=1
done

# None of them is forgotten, in either width. The partner is a part of some.
for name in $(timeout 60 "$run" 64 "$(folder 64)/habits.exe" --list | tr -d '\r' | grep -vx partner); do
    for bits in 32 64; do
        [ -e "$logs/habit-$name-$bits.log" ] || { echo "FAIL the habit $name is not tried in $bits bits" && failed=1; }
    done
done

echo
sed -n 's/^address space/address space, 32 bits/p' "$logs/game-32.log"
for bits in 32 64; do
    sed -n "s/^bench kailleraModifyPlayValues/kailleraModifyPlayValues, $bits bits/p" "$logs/game-$bits.log"
done
exit $failed

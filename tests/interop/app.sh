#!/bin/bash
# Proves that lesson 15's server and lesson 16's client work with each other
# and with programs that share no code with them (tests/interop/app_peer.py).
# Prints "ok   NAME", "FAIL NAME: what was expected, what came", or "skip NAME:
# why" where a program is missing; exit status 1 if any failed.
#
# usage: tests/interop/app.sh [PROGRAMS]        (the solutions' build/solutions)
# APP_SERVER and APP_CLIENT, if set, are the programs to try instead of those.
set -u
cd "$(dirname "$0")/../.." || exit 1
export LC_ALL=C.UTF-8
programs=${1:-build/solutions}
our_server=${APP_SERVER:-$programs/15-app-server/app_server}
our_client=${APP_CLIENT:-$programs/16-app-client/app_client}
peer=tests/interop/app_peer.py
patience=30 # seconds; only what hangs takes as long as this
# Not in the foreground, timeout follows SIGTERM with SIGCONT, which sometimes
# makes LeakSanitizer hang: it has just stopped the program to look for leaks.
limited=(timeout --foreground --kill-after=10)
work=$(mktemp -d) || exit 1
failures=0 pid=''

stop_server() { # also what is left of one that failed half-way
    [ -z "$pid" ] || kill "$pid" 2>/dev/null
    pid=''
    wait
}
trap 'stop_server; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

make_program() { # NAME, of a lesson
    build/workbook build "$1" --from solutions >/dev/null || exit 1
}
if [ $# -eq 0 ]; then
    make -s list >/dev/null || exit 1
    [ -n "${APP_SERVER-}" ] || make_program 15-app-server
    [ -n "${APP_CLIENT-}" ] || make_program 16-app-client
fi
for program in "$our_server" "$our_client"; do
    [ -x "$program" ] || { echo "FAIL $program: is not built"; exit 1; }
done

ok() { echo "ok   $1"; }
fail() { # NAME EXPECTED GOT ERRORS, a file whose first line is shown
    local said
    said=$(head -n 1 "$4")
    echo "FAIL $1: expected $2, got $3${said:+; it says: $said}"
    failures=$((failures + 1))
}

# start NAME COMMAND...: a server, which listens on a port that the kernel
# chooses. Sets $port and $pid; ends the program after four times $patience.
start() {
    local log line
    : >"$work/errors"
    exec {log}< <(exec "${limited[@]}" $((patience * 4)) "${@:2}" \
        2>"$work/errors")
    pid=$!
    if read -r -t $patience line <&"$log" &&
        [[ $line =~ ^listening\ on\ .*:([0-9]+)$ ]]; then
        port=${BASH_REMATCH[1]}
        # Its log is read to the end, so that it is never kept from writing.
        cat <&"$log" >/dev/null &
        exec {log}<&-
        return 0
    fi
    exec {log}<&-
    fail "$1" '"listening on HOST:PORT"' "\"${line-}\"" "$work/errors"
    stop_server
    return 1
}

# expect NAME LINE COMMAND...: the command, given HOST PORT and then $request,
# ends with status 0, says nothing is wrong, and prints the line.
expect() {
    local name=$1 line=$2 status got
    shift 2
    "${limited[@]}" "$patience" "$@" 127.0.0.1 "$port" "${request[@]}" \
        </dev/null >"$work/out" 2>"$work/client.errors"
    status=$?
    # Bytes may come as they are, or as Python's repr() shows them.
    if [[ $line = "got response: "* ]]; then
        grep -q "^got response: .*${line#got response: }" "$work/out"
    else
        grep -qxF -- "$line" "$work/out"
    fi && [ $status -eq 0 ] && [ ! -s "$work/client.errors" ] && ok "$name" &&
        return
    got=\"$(grep '^got ' "$work/out" || head -n 1 "$work/out")\"
    [ $status -eq 0 ] || got+=" and status $status"
    fail "$name" "\"$line\"" "$got" "$work/client.errors"
}

# ask NAME COMMAND...: the requests that every client can make.
ask() {
    local name=$1
    shift
    request=(search morpheus)
    expect "$name: search morpheus" \
        "got result: Follow the white rabbit. 🐰" "$@"
    request=(search ring)
    expect "$name: search ring" \
        "got result: In the caves beneath the Misty Mountains. 💍" "$@"
    request=(search 🐶)
    expect "$name: search 🐶" "got result: 🐾 Playing ball! 🏐" "$@"
    request=(search 'no "such" \word')
    expect "$name: search for an unknown word" \
        "got result: No match for 'no \"such\" \\word'." "$@"
    request=(search naïveté)
    expect "$name: search for a word that is not ASCII" \
        "got result: No match for 'naïveté'." "$@"
    request=(double gizmos)
    expect "$name: a binary request" \
        "got response: First 10 bytes of request: doublegizm" "$@"
    request=(a b)
    expect "$name: a binary request of 2 bytes" \
        "got response: First 10 bytes of request: ab" "$@"
}

# Asks our server to end, which it must do in order and without complaints.
end_our_server() { # NAME
    local status
    kill "$pid"
    wait "$pid"
    status=$?
    pid=''
    stop_server # its log's reader
    if [ $status -eq 0 ] && [ ! -s "$work/errors" ]; then
        ok "$1"
    else
        fail "$1" "status 0 and no complaint" "status $status" "$work/errors"
    fi
}

ours_with_ours() {
    local name="our server, our client"
    start "$name" "$our_server" 127.0.0.1 0 || return
    ask "$name" "$our_client"
    end_our_server "$name: SIGTERM ends the server"
}

our_server_with_python() {
    local name="our server, a client in Python" encoding
    start "$name" "$our_server" 127.0.0.1 0 || return
    ask "$name" python3 "$peer" ask
    for encoding in utf-8 utf-16 latin-1; do
        request=(search naïveté "$encoding")
        expect "$name: search for a word in $encoding" \
            "got result: No match for 'naïveté'." python3 "$peer" ask
    done
    request=(jump naïveté utf-8)
    expect "$name: an unknown action" \
        "got result: Error: invalid action 'jump'." python3 "$peer" ask
    end_our_server "$name: SIGTERM ends the server"
}

our_client_with_python() {
    local name="our client, a server in Python" encoding
    for encoding in utf-8 utf-16 latin-1; do
        start "$name, $encoding" python3 "$peer" serve 127.0.0.1 0 \
            "$encoding" || return
        if [ $encoding = utf-8 ]; then
            ask "$name" "$our_client"
        else
            request=(search naïveté)
            expect "$name: a result in $encoding" \
                "got result: No match for 'naïveté'." "$our_client"
        fi
        stop_server
    done
}

ours_with_ours
if python3 -c 'import json' 2>/dev/null; then
    our_server_with_python
    our_client_with_python
else
    echo "skip a client and a server in Python: there is no python3 with json"
fi
[ "$failures" -eq 0 ]

#!/bin/bash
# Proves that lesson 11's server and lesson 12's client work with each other
# and with programs by others. Prints "ok   NAME", "FAIL NAME: why", or
# "skip NAME: why" where a program is missing; exit status 1 if any failed.
#
# usage: tests/interop/echo.sh [PROGRAMS]       (the solutions' build/solutions)
set -u
cd "$(dirname "$0")/../.." || exit 1
programs=${1:-build/solutions}
server=$programs/11-select-server/multiconn_server
client=$programs/12-select-client/multiconn_client
patience=30 # seconds; only what hangs takes as long as this
# Not in the foreground, timeout follows SIGTERM with SIGCONT, which sometimes
# makes LeakSanitizer hang: it has just stopped the program to look for leaks.
limited=(timeout --foreground --kill-after=10 "$patience")
work=$(mktemp -d) || exit 1
failures=0 running=()

stop_all() { # also what is left of a case that failed half-way
    [ ${#running[@]} -eq 0 ] || kill "${running[@]}" 2>/dev/null
    running=()
    wait
}
trap 'stop_all; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

if [ $# -eq 0 ]; then
    make -s list >/dev/null || exit 1
    for lesson in 11-select-server 12-select-client; do
        build/workbook build $lesson --from solutions >/dev/null || exit 1
    done
fi
for program in "$server" "$client"; do
    [ -x "$program" ] || { echo "FAIL $program: is not built"; exit 1; }
done
# More than the server's buffer for a client holds.
head -c 100000 /dev/urandom >"$work/sent"

# try NAME COMMAND...: one case. The command says why it failed.
try() {
    local name=$1 why
    shift
    : >"$work/why"
    if "$@"; then
        echo "ok   $name"
    else
        why=$(head -n 1 "$work/why")
        echo "FAIL $name: ${why:-it does not say why}"
        failures=$((failures + 1))
    fi
    stop_all
}

# try_with PROGRAM NAME COMMAND...: the same, if there is such a program.
try_with() {
    local program=$1
    shift
    if command -v "$program" >/dev/null; then
        try "$@"
    else
        echo "skip $1: there is no $program"
    fi
}

because() { # WHY [FILE]: notes why a case fails, and what the file says of it
    echo "$1${2:+: $(head -n 1 "$2")}" >>"$work/why"
    return 1
}

# start COMMAND...: a server, whose output up to "listening on" is read, in
# capitals or not, until it is there. Sets $port, $pid and the descriptor $log,
# which gives the output that follows; ends the program after $patience.
start() {
    local line
    : >"$work/errors"
    exec {log}< <(exec "${limited[@]}" "$@" 2>"$work/errors")
    pid=$!
    running+=("$pid")
    while read -r -t $patience line <&"$log"; do
        [[ ${line,,} =~ listening\ on\ .*[\ :]([0-9]+)$ ]] || continue
        port=${BASH_REMATCH[1]}
        return 0
    done
    because "the server does not say where it listens" "$work/errors"
}

# Reads the server's log to its end, so that it is never kept from writing.
drain() {
    cat <&"$log" >/dev/null &
    exec {log}<&-
}

# Asks our server to end, which it must do in order and without complaints.
end_server() {
    local status
    kill "$pid"
    wait "$pid"
    status=$?
    running=()
    [ $status -eq 0 ] ||
        because "SIGTERM ends the server with status $status" "$work/errors" ||
        return
    [ ! -s "$work/errors" ] || because "the server says" "$work/errors"
}

# run_client COUNT: our client, to the end.
run_client() {
    local status
    "${limited[@]}" "$client" 127.0.0.1 "$port" "$1" \
        >/dev/null 2>"$work/client.errors"
    status=$?
    [ $status -eq 0 ] ||
        because "the client ends with status $status" "$work/client.errors"
}

ours_with_ours() { # COUNT
    start "$server" 127.0.0.1 0 || return
    drain
    run_client "$1" && end_server
}

# send_files COUNT COMMAND...: that many clients at once, each of which sends
# the file and is to get it back.
send_files() {
    local i status pids=() others=("${running[@]}")
    for ((i = 0; i < $1; i++)); do
        "${limited[@]}" "${@:2}" <"$work/sent" >"$work/got.$i" \
            2>"$work/client.errors.$i" &
        pids+=($!)
    done
    running+=("${pids[@]}")
    for i in "${!pids[@]}"; do
        wait "${pids[i]}"
        status=$?
        [ $status -eq 0 ] ||
            because "$2 ends with status $status" "$work/client.errors.$i" ||
            return
        cmp "$work/sent" "$work/got.$i" 2>&1 | tail -n 1 >"$work/differ"
        [ ! -s "$work/differ" ] ||
            because "not what was sent came back" "$work/differ" || return
    done
    running=("${others[@]}")
}

server_with_nc() {
    local line silent
    start "$server" 127.0.0.1 0 || return
    # The silent one is there first, and stays until the others are done.
    "${limited[@]}" nc -d 127.0.0.1 "$port" >"$work/silent" &
    silent=$!
    running+=("$silent")
    read -r -t $patience line <&"$log" && [[ $line = accepted* ]] ||
        because "the server does not accept the silent nc" || return
    drain
    send_files 5 nc -N 127.0.0.1 "$port" || return
    kill -0 "$silent" 2>/dev/null ||
        because "the silent nc is gone before the others are done" || return
    [ ! -s "$work/silent" ] ||
        because "the silent nc was sent something" || return
    end_server
}

server_with_socat() {
    start "$server" 127.0.0.1 0 || return
    drain
    send_files 5 socat -t $patience - "TCP:127.0.0.1:$port" && end_server
}

client_with_socat() { # COUNT
    # It says where it listens on stderr.
    start bash -c 'exec socat -d -d "$@" 2>&1' - \
        TCP-LISTEN:0,bind=127.0.0.1,backlog=200,fork EXEC:cat || return
    drain
    run_client "$1"
}

client_with_nc() {
    mkfifo "$work/loop"
    # What nc receives goes into the fifo, and from there back to nc. It says
    # on stderr where it listens: "Listening on 127.0.0.1 PORT".
    # shellcheck disable=SC2016 # $1 is the inner shell's
    start bash -c 'exec nc -lvn 127.0.0.1 0 0<>"$1" 2>&1 1>&0' - \
        "$work/loop" || return
    drain
    run_client 1
}

client_with_python() { # COUNT
    start python3 "$work/server.py" || return
    drain
    run_client "$1"
}

server_with_python() {
    local status
    start "$server" 127.0.0.1 0 || return
    drain
    "${limited[@]}" python3 "$work/client.py" "$port" "$work/sent" \
        2>"$work/client.errors"
    status=$?
    [ $status -eq 0 ] || because "the client ends with status $status" \
        <(tail -n 1 "$work/client.errors") || return
    end_server
}

cat >"$work/server.py" <<'PYTHON'
import selectors, socket

selector = selectors.DefaultSelector()
listener = socket.create_server(("127.0.0.1", 0), backlog=500)
selector.register(listener, selectors.EVENT_READ)
print("listening on 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
unsent = {}  # what is to be sent back, by connection

def serve(connection, events):
    if events & selectors.EVENT_READ:
        data = connection.recv(4096)
        if not data:
            selector.unregister(connection)
            connection.close()
            return
        unsent[connection] = unsent.get(connection, b"") + data
    # A few bytes at a time: the client has to put its replies together.
    sent = connection.send(unsent[connection][:7])
    unsent[connection] = unsent[connection][sent:]
    write = selectors.EVENT_WRITE if unsent[connection] else 0
    selector.modify(connection, selectors.EVENT_READ | write)

while True:
    for key, events in selector.select():
        if key.fileobj is listener:
            connection, _ = listener.accept()
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ)
        else:
            serve(key.fileobj, events)
PYTHON

cat >"$work/client.py" <<'PYTHON'
import selectors, socket, sys

port, data = int(sys.argv[1]), open(sys.argv[2], "rb").read()
selector = selectors.DefaultSelector()
replies, unsent = {}, {}
for i in range(50):  # each sends another part of the file
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setblocking(False)
    replies[connection], unsent[connection] = b"", data[i * 1000 :]
    both = selectors.EVENT_READ | selectors.EVENT_WRITE
    selector.register(connection, both, data[i * 1000 :])
while selector.get_map():
    for key, events in selector.select():
        connection, expected = key.fileobj, key.data
        if events & selectors.EVENT_READ:
            received = connection.recv(5000)
            replies[connection] += received
            if not received:
                if replies[connection] != expected:
                    sys.exit("not what was sent came back")
                selector.unregister(connection)
                connection.close()
                continue
        if events & selectors.EVENT_WRITE:
            sent = connection.send(unsent[connection][:3000])
            unsent[connection] = unsent[connection][sent:]
            if not unsent[connection]:
                connection.shutdown(socket.SHUT_WR)
                selector.modify(connection, selectors.EVENT_READ, expected)
PYTHON

# Other programs of this name know other options.
nc=nc
nc -h 2>&1 | grep -q OpenBSD || nc="nc of OpenBSD's kind"

try "our server, our client with 3 connections" ours_with_ours 3
try "our server, our client with 200 connections" ours_with_ours 200
try_with "$nc" "our server, 5 clients nc and a silent one" server_with_nc
try_with socat "our server, 5 clients socat" server_with_socat
try_with python3 "our server, a client in Python with 50 connections" \
    server_with_python
try_with socat "our client with 1 connection, a server socat" \
    client_with_socat 1
try_with socat "our client with 50 connections, a server socat" \
    client_with_socat 50
try_with "$nc" "our client with 1 connection, a server nc" client_with_nc
try_with python3 "our client with 200 connections, a server in Python" \
    client_with_python 200
[ "$failures" -eq 0 ]

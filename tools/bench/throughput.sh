#!/bin/bash
# Measures how many messages lesson 11's solution echoes in a second, side by
# side with a bare select() loop (bare_select.c), in turns, so that a busy
# machine slows both. Both are built without sanitizers.
#
# usage: tools/bench/throughput.sh [ROUNDS [SECONDS]]       (15 rounds of 0.4 s)
set -u
cd "$(dirname "$0")/../.." || exit 1
rounds=${1:-15} seconds=${2:-0.4}
connections=1000 message_size=64 target=80
bench=build/bench
server=''

stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null
    server=''
}
trap stop EXIT
trap 'exit 1' INT TERM HUP
die() { echo "throughput: $*" >&2; exit 1; }

# Each connection is a descriptor of the server, and one of the load.
files=$((connections + 24))
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge "$files" ] ||
    ulimit -n "$files" || die "needs $files open files: ulimit -n"

mkdir -p "$bench"
for file in tools/bench/{bare_select,echo_load}.c \
    solutions/11-select-server/multiconn_server.c; do
    ${CC:-gcc} -std=gnu17 -D_GNU_SOURCE -O2 -Icommon "$file" common/net.c \
        -o "$bench/$(basename "$file" .c)" || exit 1
done

# Starts a server, loads it, and notes its round trips per second.
measure() {
    local out line said
    exec {out}< <(exec timeout 120 "$bench/$1" 127.0.0.1 0 2>"$bench/$1.err")
    server=$!
    read -r -t 20 line <&"$out" ||
        die "$1 does not say where it listens: $(head -n 1 "$bench/$1.err")"
    # The log is read to its end: a full pipe would stop the server.
    cat <&"$out" >/dev/null &
    exec {out}<&-
    said=$(timeout 120 "$bench/echo_load" 127.0.0.1 "${line##*:}" \
        "$connections" "$message_size" "$seconds") ||
        die "$1 failed: $(head -n 1 "$bench/$1.err")"
    stop
    wait
    echo "${said%% *}" >>"$bench/$1.rates"
}

median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }

: >"$bench/bare_select.rates"
: >"$bench/multiconn_server.rates"
for ((round = 1; round <= rounds; round++)); do
    if ((round % 2)); then
        measure bare_select
        measure multiconn_server
    else
        measure multiconn_server
        measure bare_select
    fi
done
bare=$(median <"$bench/bare_select.rates")
ours=$(median <"$bench/multiconn_server.rates")
# Of each round's own two: from one round to the next, a busy machine changes.
ratio=$(paste "$bench/multiconn_server.rates" "$bench/bare_select.rates" |
    awk '{ printf "%.0f\n", 100 * $1 / $2 }' | median)
echo "11-select-server: $ours round trips/s, a bare select loop $bare" \
    "($connections connections, $message_size bytes, medians of $rounds):" \
    "$ratio % of it, target at least $target %"

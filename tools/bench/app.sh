#!/bin/bash
# Measures how many requests lesson 15's solution answers in a second, how
# long one takes, and how much processor time, side by side with a bare epoll
# loop (bare_epoll.c), in turns, so that a busy machine slows both; then, how
# much memory an idle connection costs. All is built without sanitizers.
#
# The processor time is shown because the load is not free: for each request
# the kernel does more for the client than for the server, so on two
# processors a server that works harder is only partly seen in the rate.
#
# usage: tools/bench/app.sh [ROUNDS [REQUESTS]]  (15 rounds of 20,000 requests)
set -u
cd "$(dirname "$0")/../.." || exit 1
rounds=${1:-15} requests=${2:-20000}
in_flight=64 idle=1000
lesson=15-app-server
bench=build/bench
tick=$((1000000 / $(getconf CLK_TCK))) # in microseconds
server='' silent=''

stop() {
    [ -z "$silent" ] || kill "$silent" 2>/dev/null
    [ -z "$server" ] || kill "$server" 2>/dev/null
    server='' silent=''
    wait
}
trap stop EXIT
trap 'exit 1' INT TERM HUP
die() { echo "app: $*" >&2; exit 1; }

# Each idle connection is a descriptor of the server, and one of the load.
files=$((idle + 24))
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge "$files" ] ||
    ulimit -n "$files" || die "needs $files open files: ulimit -n"

# compile PROGRAM SOURCE...
compile() {
    # shellcheck disable=SC2046 # the flags are separate words
    ${CC:-gcc} -std=gnu17 -D_GNU_SOURCE -O2 -Icommon "${@:2}" \
        -o "$bench/$1" $(pkg-config --cflags --libs jansson) || exit 1
}
mkdir -p "$bench"
compile bare_epoll tools/bench/bare_epoll.c common/net.c
compile app_load tools/bench/app_load.c common/net.c
# channel.c is in common/, too: the same file.
compile app_server solutions/$lesson/{answer,app_server,message}.c common/*.c

# Starts a server, and sets $port.
start() {
    local out line
    exec {out}< <(exec "$bench/$1" 127.0.0.1 0 2>"$bench/$1.err")
    server=$!
    read -r -t 20 line <&"$out" ||
        die "$1 does not say where it listens: $(head -n 1 "$bench/$1.err")"
    port=${line##*:}
    # The log is read to its end: a full pipe would stop the server.
    cat <&"$out" >/dev/null &
    exec {out}<&-
}

# load PROGRAM IN_FLIGHT REQUESTS: what app_load says of the server.
load() {
    timeout 120 "$bench/app_load" 127.0.0.1 "$port" "$2" "$3" ||
        die "$1 failed: $(head -n 1 "$bench/$1.err")"
}

# The server's processor time up to now, in clock ticks.
ticks() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }

# Starts a server, loads it, and notes its requests per second, the 99th
# percentile of the time that one takes, and its processor time for each, both
# in microseconds.
measure() {
    local said rate p99 before
    start "$1"
    before=$(ticks)
    said=$(load "$1" "$in_flight" "$requests") || exit 1
    read -r rate _ p99 <<<"$said"
    echo "$rate $p99 $((($(ticks) - before) * tick / requests))" \
        >>"$bench/$1.rounds"
    stop
}

median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }
of() { cut -d ' ' -f "$2" "$bench/$1.rounds" | median; } # PROGRAM COLUMN
# Of each round's own two: from one round to the next, a busy machine changes.
ratio() { # COLUMN
    paste -d ' ' "$bench"/{app_server,bare_epoll}.rounds |
        awk -v column="$1" '{ if ($(column + 3) > 0)
            printf "%.0f\n", 100 * $column / $(column + 3) }' | median
}
milliseconds() { awk -v us="$1" 'BEGIN { printf "%.1f", us / 1000 }'; }

: >"$bench/bare_epoll.rounds"
: >"$bench/app_server.rounds"
for ((round = 1; round <= rounds; round++)); do
    if ((round % 2)); then
        measure bare_epoll
        measure app_server
    else
        measure app_server
        measure bare_epoll
    fi
done
echo "$lesson: $(of app_server 1) requests/s, a bare epoll loop" \
    "$(of bare_epoll 1) ($in_flight in flight, medians of $rounds):" \
    "$(ratio 1) % of it, target at least 85 %"
echo "$lesson: p99 latency $(milliseconds "$(of app_server 2)") ms, bare" \
    "$(milliseconds "$(of bare_epoll 2)") ms: $(ratio 2) % of it, target" \
    "at most 150 %"
echo "$lesson: $(of app_server 3) us of processor time for a request, bare" \
    "$(of bare_epoll 3) us: $(ratio 3) % of it"

# Prints the server's resident memory in bytes. One request is answered first:
# what the server needs only once is there then, and all who connected before
# have been accepted, since that goes by turns.
memory() {
    load app_server 1 1 >/dev/null || exit 1
    awk '/^Rss:/ { print $2 * 1024 }' "/proc/$server/smaps_rollup"
}

start app_server
without=$(memory) || exit 1
coproc idle_load { exec "$bench/app_load" 127.0.0.1 "$port" idle "$idle"; }
silent=$!
read -r -t 60 _ <&"${idle_load[0]}" || # it says "open"
    die "the idle connections can't be opened"
with=$(memory) || exit 1
descriptors=("/proc/$server/fd/"*)
[ ${#descriptors[@]} -gt $idle ] ||
    die "app_server does not keep $idle idle connections"
stop
echo "$lesson: resident memory $((without / 1024)) KiB, with $idle idle" \
    "connections $((with / 1024)) KiB: $(((with - without) / idle)) bytes for" \
    "each, target at most 1024"

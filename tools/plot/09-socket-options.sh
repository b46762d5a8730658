#!/bin/bash
# Measures how many MB in a second lesson 09's server answers, for buffers of
# many sizes, and as the kernel makes them: the best of several rounds, as what
# else the machine does makes it only slower. Writes it for gnuplot to the files
# buffers.data and as_it_is.data of FOLDER.
#
# usage: tools/plot/09-socket-options.sh FOLDER [ROUNDS [SECONDS]]
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=$1 rounds=${2:-25} seconds=${3:-0.1}
kib=(2 4 8 16 32 64 128 256 512 1024 2048 4096)
lesson=solutions/09-socket-options
server=''

stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null
    server=''
}
trap stop EXIT
trap 'exit 1' INT TERM HUP
die() { echo "plot: $*" >&2; exit 1; }

build() { # NAME FILE...
    local name=$1
    shift
    ${CC:-gcc} -std=gnu17 -O2 -pthread -Icommon "$@" \
        common/{client,names,net,standard,transfer}.c -o "$folder/$name"
}

# The best of all rounds, with these options behind HOST and PORT.
measure() {
    local out line said best=0
    exec {out}< <(exec timeout 300 "$folder/rpc_server" 127.0.0.1 0 "$@" \
        2>"$folder/rpc_server.err")
    server=$!
    while read -r -t 20 line <&"$out" && [[ $line != listening* ]]; do
        :
    done
    [[ ${line-} == listening* ]] || die "rpc_server does not listen"
    for ((round = 1; round <= rounds; round++)); do
        said=$(timeout 60 "$folder/rpc_load" 127.0.0.1 "${line##*:}" \
            "$seconds") || die "rpc_load has failed"
        best=$(printf '%s\n' "$said" "$best" | sort -g | tail -n 1)
    done
    exec {out}<&-
    stop
    wait
    echo "$best"
}

mkdir -p "$folder" &&
    build rpc_server $lesson/{rpc_server,listener,options,rpc}.c &&
    build rpc_load tools/plot/rpc_load.c || exit 1
measure >"$folder/as_it_is.data" || exit 1
for size in "${kib[@]}"; do
    speed=$(measure --buffer $((size * 1024))) || exit 1
    echo "$size $speed"
done >"$folder/buffers.data"

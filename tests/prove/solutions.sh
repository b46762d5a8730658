# solutions: what the solutions keep to, though no lesson promises it, so that
# no check can ask for it. 12-solutions.t sources this.
# shellcheck shell=bash
# shellcheck disable=SC2154 # lesson is that of 12-solutions.t

# Runs the program of $lesson under strace, which writes the calls to
# $work/calls. It can't be traced by that and look for leaks.
traced() { # STRACE-OPTION... -- ARGUMENT...
    local options=()
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -o "$work/calls" "${options[@]}" \
        "$program" "${@:2}"
}

# It has jansson's seed before anybody who may take all the descriptors; else
# jansson would make one of the time and the process's number.
seeds_before() { # CALL ARGUMENT...
    traced -e "trace=openat,$1" -e "inject=$1:error=ENOBUFS" -- "${@:2}"
    grep -E "urandom|^$1" "$work/calls" | head -n 1 | grep urandom && return
    cat "$work/calls"
    return 1
}

# A byte behind the response is one too many, also if it came later.
refuses_surplus() {
    # shellcheck disable=SC2046 # flags are separate words
    "${CC:-cc}" -std=gnu17 -D_GNU_SOURCE -Icommon "-Isolutions/$lesson" \
        -o "$work/surplus" tests/prove/surplus.c \
        "solutions/$lesson"/{message,request}.c \
        common/{buffer,channel,codec,net,printable}.c \
        $(pkg-config --cflags --libs jansson) && "$work/surplus" >/dev/null
}

# What fails behind bind() is said with the port that the kernel has chosen, not
# with 0.
names_its_port() { # ACCEPT WAIT: the calls; both fail, once a client is there
    local call=$3 line port='' accepts='' waits=''
    rm -f "$work/said"
    mkfifo "$work/said"
    traced -e "trace=$1,$2" -e "inject=$1:error=EMFILE" \
        -e "inject=$2:error=EBADF:when=2+" -- 127.0.0.1 0 >"$work/said" 2>&1 &
    while read -r line; do
        echo "$line"
        case $line in
        "listening on "*)
            port=${line##*:}
            exec 8<>"/dev/tcp/127.0.0.1/$port"
            ;;
        *": accept 127.0.0.1:$port: "*) accepts=named ;;
        *": $call 127.0.0.1:$port: "*) waits=named ;;
        esac
    done <"$work/said"
    exec 8<&-
    wait
    [ "$accepts" ] && [ "$waits" ]
}
names_its_port_in_listen() {
    traced -e trace=listen -e inject=listen:error=EADDRINUSE -- 127.0.0.1 0 \
        2>&1 | tee "$work/said"
    grep -q ': listen 127.0.0.1:[1-9]' "$work/said"
}

# Whoever reads what it prints may go: it serves on, and ends well.
outlives_its_reader() { # SERVER REQUEST ANSWER...: a command that reads that
    local line pid i answered=0
    rm -f "$work/log"
    mkfifo "$work/log"
    "build/solutions/$lesson/$1" 127.0.0.1 0 >"$work/log" &
    pid=$!
    exec 9<"$work/log"
    read -r line <&9
    exec 9<&-
    for i in 1 2 3; do
        exec 8<>"/dev/tcp/127.0.0.1/${line##*:}" || break
        printf '%b' "$2" >&8
        timeout 60 "${@:3}" <&8 && answered=$i
        exec 8<&-
    done
    kill "$pid"
    wait "$pid" && [ "$answered" = 3 ]
}

try_own_promises() {
    work=build/tmp/solutions.$$ program=
    mkdir -p "$work"
    trap 'rm -rf "$work"' EXIT
    for program in solutions/"$lesson"/*.c; do
        grep -q '^int main' "$program" && break
    done
    program=build/${program%.c}
    case $lesson in
    03-*)
        try "$lesson: outlives its reader" \
            outlives_its_reader dual_server 'x\n' grep -m 1 x
        ;;
    15-*)
        # What is no JSON is answered by the end of the connection.
        try "$lesson: outlives its reader" \
            outlives_its_reader app_server '\0\1x' cat
        ;;
    16-*) try "$lesson: looks behind the response" refuses_surplus ;;
    esac
    if ! strace -o /dev/null true 2>/dev/null; then
        skipped "$lesson under strace" "there is no strace"
        return
    fi
    case $lesson in
    01-*) try "$lesson: names its port" names_its_port_in_listen ;;
    11-*) try "$lesson: names its port" names_its_port accept pselect6 select ;;
    15-*)
        try "$lesson: names its port" names_its_port accept4 epoll_wait wait
        try "$lesson: seeds jansson first" seeds_before listen 127.0.0.1 0
        ;;
    16-*)
        try "$lesson: seeds jansson first" \
            seeds_before connect 127.0.0.1 0 search x
        ;;
    esac
}

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

try_own_promises() {
    work=build/tmp/solutions.$$ program=
    mkdir -p "$work"
    trap 'rm -rf "$work"' EXIT
    for program in solutions/"$lesson"/*.c; do
        grep -q '^int main' "$program" && break
    done
    program=build/${program%.c}
    case $lesson in
    16-*) try "$lesson: looks behind the response" refuses_surplus ;;
    esac
    if ! strace -o /dev/null true 2>/dev/null; then
        skipped "$lesson under strace" "there is no strace"
        return
    fi
    case $lesson in
    15-*)
        try "$lesson: seeds jansson first" seeds_before listen 127.0.0.1 0
        ;;
    16-*)
        try "$lesson: seeds jansson first" \
            seeds_before connect 127.0.0.1 0 search x
        ;;
    esac
}

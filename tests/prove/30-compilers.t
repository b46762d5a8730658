#!/bin/bash
# Depends on: machine Makefile common lessons solutions tools tests
# Everything builds without a warning, with gcc and with clang; and what needs
# no library does, and works, with another C library and for 32 bits.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1

# build COMPILER FOLDER [VARIABLE=VALUE]: what WERROR says is no part of what
# decides about an object, so all others share the build of the compiler that is
# cc.
build() {
    make -s -j"$jobs" everything B="$2" CC="$1" WERROR=-Werror "${@:3}"
}
is_cc() { [ "$(realpath "$(command -v "$1")")" = "$(realpath "$(command -v cc)")" ]; }

for compiler in gcc clang; do
    if is_cc $compiler; then
        try "$compiler -Werror" build cc build
    else
        # Nothing that it builds here is run, and what clang warns of it knows
        # before it optimizes; gcc does not.
        try "$compiler -Werror" build $compiler build/$compiler \
            OPTIMIZE=$([ $compiler = clang ] && echo -O0 || echo -O2)
    fi
done

# --- another C library, and 32 bits -------------------------------------------

strict="-std=gnu17 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wpedantic -Wshadow
    -Wconversion -Wstrict-prototypes -Werror"
alone="common/buffer.c common/net.c common/printable.c common/selector.c
    common/selector_epoll.c common/selector_poll.c common/selector_select.c
    common/signals.c common/standard.c common/transfer.c"
plain=build/tmp/plain.$$
trap 'rm -rf "$plain"' EXIT

# The suites of these files, under as much of Check as they need: there is no
# Check for it.
# shellcheck disable=SC2086 # flags and files are separate words, here and below
unit_tests() { # COMPILER...
    local tests=
    for file in $alone; do
        tests+=" $(ls tests/unit/common/test_"$(basename "$file" .c)"*.c \
            2>/dev/null)"
    done
    "$@" $strict -Itests/prove/plain -Itests/harness -Itests/unit -Icommon \
        -o "$plain/unit" tests/prove/plain/plain.c tests/unit/helpers_plain.c \
        tests/harness/base/endpoint.c tests/harness/base/random.c \
        tests/unit/common/selecting.c $tests \
        $alone && "$plain/unit"
}

# The programs of a lesson: each with the lesson's other files, which take the
# place of those of the same name in common/, and what is given. As for the
# student, nobody says beforehand that what is GNU's is wanted.
# shellcheck disable=SC2086
link_lesson() { # FOLDER COMPILER...
    local file main parts='' given=''
    for file in "$1"/*.c; do
        grep -q '^int main' "$file" || parts+=" $file"
    done
    for file in $alone common/{names,server,client}.c; do
        [ -f "$1/${file##*/}" ] || given+=" $file"
    done
    for main in $(grep -l '^int main' "$1"/*.c); do
        "${@:2}" ${strict/-D_GNU_SOURCE/} -Icommon "$main" $parts $given \
            -o "$plain/$(basename "$main" .c)" || return
    done
}

# Starts a server, and then a client of it. The server has to end in order, by
# itself or when it is asked to.
exchange() { # SERVER SIGNAL CLIENT FRAMING ARGUMENT...
    local line server status
    mkfifo "$plain/said.$1"
    # shellcheck disable=SC2086 # a framing may be none
    "$plain/$1" 127.0.0.1 0 $4 >"$plain/said.$1" &
    server=$!
    exec 8<"$plain/said.$1"
    read -r line <&8
    # shellcheck disable=SC2086
    timeout 60 "$plain/$3" 127.0.0.1 "${line##*:}" $4 "${@:5}" <<<"hello"
    status=$?
    [ "$2" = none ] || kill -"$2" "$server"
    timeout 60 cat <&8
    exec 8<&-
    rm "$plain/said.$1"
    wait "$server" && [ "$status" = 0 ]
}

solutions() { # COMPILER...
    local folder framing
    set -o pipefail
    for folder in solutions/{01,02,03,04,05,11,12}-*; do
        link_lesson "$folder" "$@" || return
    done
    exchange echo_server none echo_client '' hello |
        grep -x "received: hello" || return
    exchange dual_server TERM dual_client '' hello |
        grep -x "received: hello" || return
    exchange blob_server TERM blob_client '' 5000 | wc -c | grep -x 5000 ||
        return
    for framing in length line fixed; do
        exchange frame_server TERM frame_client $framing hello '' |
            tr '\n' . | grep -x "HELLO\.\." || return
    done
    exchange multiconn_server TERM multiconn_client '' 20
}

# Neither is asked for by set-up: continuous integration has them if its machine
# has. (musl's own FD_SET() and its kin mix signs, and its msg_iovlen is an int.)
for compiler in "musl-gcc -Wno-sign-conversion -Wno-error=conversion" "gcc -m32"; do
    name=${compiler%% -Wno*}
    mkdir -p "$plain"
    if ! $compiler -o "$plain/unit" -x c - <<<'#include <stdio.h>
        int main(void) { return puts("") == EOF; }' 2>/dev/null; then
        skipped "$name" "not installed: musl-tools, gcc-multilib"
        continue
    fi
    # shellcheck disable=SC2086
    try "$name: the unit tests of common/" unit_tests $compiler
    # shellcheck disable=SC2086
    try "$name: the solutions of lessons 01 to 12" solutions $compiler
    rm -rf "$plain"
done
finish

#!/bin/bash
# Depends on: machine Makefile common lessons solutions tools tests
# Everything builds without a warning, with gcc and with clang.
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
finish

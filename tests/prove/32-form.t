#!/bin/bash
# Depends on: machine .clang-format common lessons solutions tools tests
# The form of the code, and what static analysis says of it.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1

sources=$(find common lessons solutions tests tools -name '*.[ch]' \
    -not -path '*/right/*')
# shellcheck disable=SC2086 # the names are separate words
try "clang-format" clang-format --dry-run --Werror $sources
mkdir -p build/prove/cppcheck
# What it found in a file is kept there, and found again as long as that is the
# same.
# shellcheck disable=SC2086
try "cppcheck" cppcheck -q --error-exitcode=1 -j "$jobs" --inline-suppr \
    --cppcheck-build-dir=build/prove/cppcheck \
    --enable=warning,performance,portability --std=c11 -D_GNU_SOURCE -D__x86_64__ \
    '-DJSON_INTEGER_FORMAT="lld"' \
    --suppressions-list=tools/cppcheck.txt -Icommon -Itests/harness -Itests/unit -Itools $sources

# Our folders are searched first: <limits.h> would be ours, and what the
# system's has to say be missing.
no_system_header() {
    local header name taken=0
    for header in common/*.h tests/*/*.h; do
        name=${header##*/}
        ! echo "#include <$name>" |
            cc -E -x c -o /dev/null - 2>/dev/null || {
            echo "$header"
            taken=1
        }
    done
    return $taken
}
try "no header has the name of one of the system's" no_system_header
finish

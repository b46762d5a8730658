#!/bin/sh
# Finds what the workbook is built with and writes it, as make variables, to
# standard output; installs what is missing first.
#
# usage: tools/setup.sh [--test]
#   --test   also what only `make test` needs
#
# Everything that is said goes to standard error. Exit status 1, after naming
# the packages, if something is missing that can't be installed.
set -u

say() { printf '%s\n' "$*" >&2; }

# What is needed: a test that it is there, Debian's package, what it is for.
needs() {
    cat <<'END'
command -v cc|gcc|the C compiler
command -v pkg-config|pkg-config|finds the libraries
pkg-config --exists check|check|the framework that the grading tests run under
pkg-config --exists jansson|libjansson-dev|results as JSON
pkg-config --exists libdw|libdw-dev|source lines in the grader's explanations
END
    [ "${1-}" = --test ] || return 0
    cat <<END
command -v gcc|gcc|one of the two compilers that everything must build with
command -v clang|clang|the other one
clang_sanitizes|$(clang_runtime)|the sanitizers for clang
command -v clang-format|clang-format|the layout of the code
command -v cppcheck|cppcheck|static analysis
command -v git|git|tells which files are the workbook's
command -v pgrep|procps|looks for processes that were left behind
command -v patch|patch|makes the wrong programs from the solutions
command -v nc|netcat-openbsd|a stranger for lessons 11 and 12 to talk to
command -v socat|socat|another one
python3 -c 'import json, selectors'|python3|a third: servers and clients in Python
END
}

# Its name has clang's version in it, which is known once clang is here.
clang_runtime() {
    if command -v clang >/dev/null; then
        echo "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"
    else
        echo clang
    fi
}

clang_sanitizes() {
    echo 'int main(void) { return 0; }' |
        clang -fsanitize=address,undefined -x c -o /dev/null - 2>/dev/null
}

# Prints "package|purpose" for each need that is not met.
missing() {
    needs "${1-}" | while IFS='|' read -r test package purpose; do
        eval "$test" >/dev/null 2>&1 || printf '%s|%s\n' "$package" "$purpose"
    done
}

install_packages() {
    root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || return 1
        root=sudo
    fi
    # The list of packages may be missing or old: fetch it, then install.
    $root apt-get update >&2 &&
        DEBIAN_FRONTEND=noninteractive \
            $root apt-get install -y --no-install-recommends "$@" >&2
}

# Says what is lacking, and installs it.
provide() {
    say "The workbook needs a few packages that are not here yet:"
    echo "$lacking" | while IFS='|' read -r package purpose; do
        say "  $package: $purpose"
    done
    packages=$(echo "$lacking" | cut -d'|' -f1 | sort -u | tr '\n' ' ')
    command -v apt-get >/dev/null || return
    say "Installing them with apt-get: $packages"
    # shellcheck disable=SC2086 # the names are separate words
    install_packages $packages ||
        say "apt-get failed, or there is no sudo to run it with."
}

# A second round, for what is only known to be lacking after the first.
for round in 1 2; do
    lacking=$(missing "${1-}")
    [ -z "$lacking" ] || provide
done
lacking=$(missing "${1-}")
if [ -n "$lacking" ]; then
    say "Please install these yourself (Debian's names; other systems have the"
    say "same under similar ones), then run make again: $packages"
    exit 1
fi
[ "${1-}" = --test ] && exit 0

# The newest of the hardening flags is not known to every compiler.
pattern=-ftrivial-auto-var-init=pattern
echo 'int main(void) { return 0; }' |
    ${CC:-cc} "$pattern" -x c -c -o /dev/null - 2>/dev/null || pattern=
printf 'PATTERN_INIT := %s\n' "$pattern"
printf 'LIBRARY_CFLAGS := %s\n' "$(pkg-config --cflags check jansson libdw)"
printf 'JANSSON_LIBS := %s\n' "$(pkg-config --libs jansson)"
printf 'LIBRARY_LIBS := %s\n' "$(pkg-config --libs check jansson libdw)"

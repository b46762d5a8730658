#!/bin/bash
# Proves that the workbook works as README.md says on a Debian that has nothing
# but its core, for root and for an ordinary user; and that the newest compilers
# there compile all of it without a warning. Makes these systems with debootstrap
# and runs what it tries inside of them, with chroot, and processes of their own.
# Needs root, and a network.
#
# usage: bash tests/prove/bare.sh [FOLDER [SUITE...]]
#   FOLDER   where the systems are made, and kept for the next time; build/bare
#            unless another is given
#   SUITE    bookworm and trixie, and the compilers of sid, unless others are
#            given
#   TEST=no  in the environment: without `make test`, which takes most of the
#            time
#
# Prints lines "ok   NAME" and "FAIL NAME", and last "N passed, N failed"; exit
# status 1 if any failed. What each command said is in FOLDER/log.
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# try NAME COMMAND...: the command writes to $said what is to be seen if it fails.
try() {
    local name=$1
    shift
    said=$folder/log/${name//[^a-z0-9]/_}
    rm -f "$said"
    if "$@" >>"$said" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $name"
    else
        failed=$((failed + 1))
        echo "FAIL $name"
        tail -n 40 "$said" | sed 's/^/       /'
    fi
}

# --- systems -----------------------------------------------------------------

# Runs a command inside of the system, as root. Its processes end with it, and
# what is mounted for them is gone then.
# shellcheck disable=SC2016 # it is the shell in between that knows them
inside() { # COMMAND...
    unshare --mount --pid --fork --kill-child sh -c '
        mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" &&
            mount --rbind /sys "$1/sys" && exec chroot "$@"' - "$system" \
        env -i HOME=/root PATH=$path LANG=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "$@" </dev/null
}

by_root() { inside sh -c "cd /root/workbook && $1"; }                  # COMMANDS
by_user() { inside runuser -l student -c "cd workbook && $1"; } # COMMANDS

# What README.md says is there before the first make.
make_system() { # SUITE
    system=$folder/$1
    [ ! -e "$system/made" ] || return 0
    rm -rf "$system"
    debootstrap --variant=minbase "$1" "$system" || return
    echo 'APT::Get::Assume-Yes "true";' >"$system/etc/apt/apt.conf.d/yes"
    inside apt-get install --no-install-recommends git make &&
        inside useradd --create-home --shell /bin/bash student &&
        touch "$system/made"
}

# A fresh copy of the system and, for root and for the user, of the workbook.
fresh_system() { # SUITE
    system=$folder/now
    rm -rf "$system"
    cp -a --reflink=auto "$folder/$1" "$system" || return
    local home
    for home in root home/student; do
        mkdir "$system/$home/workbook" &&
            tar --exclude=./.git --exclude=./build --exclude="$folder" -cf - . |
            tar -xf - -C "$system/$home/workbook" || return
    done
    inside chown -R student: /home/student/workbook
}

# --- what is tried -----------------------------------------------------------

# Whether make found the work to do: a TODO of the first lesson.
finds_work() { grep -q 'TODO that is open' "$said"; }

# Root does what the user was told to have done.
install_what_was_named() {
    local line
    line=$(grep '^  apt-get update && apt-get install ' "$said") || return
    [ "$(echo "$line" | wc -l)" -eq 1 ] && by_root "$line"
}

user_is_told_what_is_missing() {
    ! by_user make && grep -q 'apt-get install .*libjansson-dev' "$said" &&
        install_what_was_named
}

make_works_for_user() { by_user make; finds_work; }

# Which version of a compiler comes is known once it is there.
test_tells_user_what_is_missing() {
    ! by_user 'sh tools/setup.sh --test' && install_what_was_named || return
    : >"$said"
    by_user 'sh tools/setup.sh --test' || install_what_was_named
}

test_passes_for() { # by_root|by_user
    "$1" 'make test YES=1' && tail -n 1 "$said" | grep -q ' passed, 0 failed$'
}

make_works_for_root() { by_root 'make YES=1' && finds_work; }

try_suite() { # SUITE
    try "$1: begin anew" fresh_system "$1"
    try "$1: a user is told what to have installed" \
        user_is_told_what_is_missing
    try "$1: make works then" make_works_for_user
    if [ "${TEST-}" != no ]; then
        try "$1: a user is told what make test needs" \
            test_tells_user_what_is_missing
        try "$1: make test passes for a user" test_passes_for by_user
    fi
    try "$1: begin anew, for root" fresh_system "$1"
    try "$1: make works for root" make_works_for_root
    [ "${TEST-}" = no ] ||
        try "$1: make test passes for root" test_passes_for by_root
}

# The newest package that is called NAME-VERSION.
newest() { # NAME
    inside apt-cache search --names-only "^$1-[0-9]+\$" | sed 's/ .*//' |
        sort -V | tail -n 1
}

compiles_without_a_warning() { # COMPILER
    inside apt-get install --no-install-recommends "$1" libc6-dev || return
    by_root "make -s -j$(nproc) everything YES=1 CC=$1 B=build/$1 WERROR=-Werror"
}

try_compilers() { # SUITE
    local name compiler
    try "$1: begin anew, for the compilers" fresh_system "$1"
    for name in gcc clang; do
        compiler=$(newest $name)
        try "$1: ${compiler:-$name} compiles everything without a warning" \
            compiles_without_a_warning "$compiler"
    done
}

# --- all of it ---------------------------------------------------------------

sh tools/setup.sh --systems || exit 1
[ "$(id -u)" -eq 0 ] || {
    echo "debootstrap has to be run by root." >&2
    exit 1
}
folder=$(realpath -m "${1-build/bare}")
shift
[ $# -gt 0 ] || set -- bookworm trixie sid
mkdir -p "$folder/log" || exit 1
for suite; do
    try "$suite: the system can be made" make_system "$suite"
    [ "$suite" = sid ] || try_suite "$suite"
    try_compilers "$suite"
done
rm -rf "$folder/now"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]

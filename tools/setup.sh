#!/bin/sh
# Finds what the workbook is built with and writes it, as make variables, to
# standard output; installs what is missing first, if it may: it asks whoever
# sits at a terminal. YES=1 says yes beforehand.
#
# usage: [CC=COMPILER] [YES=1] sh tools/setup.sh
#            [--test | --systems | --packages]
#   --test       also what only `make test` needs
#   --systems    also what the proofs on other systems need, and nothing written
#   --packages   only writes the names of the packages that have it all
#
# Everything that is said goes to standard error, and is said once. Exit status
# 1, after saying what to do, if something is missing that can't be installed.
# Two at a time do no harm to each other.
set -u
CC=${CC:-cc}
compiler=${CC%% *} # "gcc -m32" is two words
patience=300       # seconds; for others who install something

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "$@"
    exit 1
}

# What is needed: a test that it is there, Debian's packages, what it is for.
# A "?" before the packages: it is good to have, but can be done without.
needs() {
    cat <<END
compiles|$(compiler_packages)|the C compiler, and the C library's headers
compiler_sanitizes|$(sanitizers_of "$compiler")|sanitizers, to find what is wrong in a program
command -v pkg-config|pkg-config|finds the libraries
pkg-config --exists 'check >= 0.15'|check|the framework that the grading tests run under, from 0.15 on
pkg-config --exists jansson|libjansson-dev|results as JSON
pkg-config --exists zlib|zlib1g-dev|the checksum of lesson 06
pkg-config --exists libdw|libdw-dev|source lines in the grader's explanations
has_man_pages|?man-db manpages-dev|the pages that the explanations point to, such as man 2 send
END
    [ "$compiler" != clang ] || cat <<'END'
command -v llvm-symbolizer|?llvm|names and lines in what clang's sanitizers report
END
    case ${1-} in
    --test) needs_of_test ;;
    --systems) needs_of_systems ;;
    esac
}

needs_of_test() {
    cat <<END
command -v gcc|gcc libc6-dev|one of the two compilers that everything must build with
command -v clang|clang|the other one
clang_sanitizes|$(sanitizers_of clang)|the sanitizers for clang
command -v clang-format|clang-format|the layout of the code
command -v cppcheck|cppcheck|static analysis
command -v bash|bash|what the tests are written in
command -v git|git|tells which lesson files are not to be overwritten
command -v pgrep|procps|looks for processes that were left behind
command -v prove|perl|runs the parts of the proof side by side
command -v patch|patch|makes the wrong programs from the solutions
command -v cmp && command -v diff|diffutils|tells whether files are the same
command -v find && command -v xargs|findutils|runs tests side by side
command -v ccache|?ccache|spares the tests from compiling the same again and again
nc_is_usable|netcat-openbsd|a stranger for lessons 11 and 12 to talk to
command -v socat|socat|another one
busybox_has_httpd|busybox|a web server for lesson 07
python3 -c 'import json, pathlib, selectors'|python3|a third: servers and clients in Python
python3 -c 'import pexpect'|?python3-pexpect|terminals, to type in them what the lessons' texts say
command -v strace && command -v tcpdump && command -v ss|?strace tcpdump iproute2|what these texts look closer with
command -v gnuplot|?gnuplot-nox|draws the pictures of these texts
END
}

needs_of_systems() {
    cat <<'END'
command -v bash|bash|what the tests are written in
command -v debootstrap|debootstrap debian-archive-keyring|makes other systems
command -v unshare|util-linux|keeps apart what runs on them
command -v qemu-system-aarch64|qemu-system-arm|a machine with another processor
command -v modprobe|kmod|tells which modules its kernel needs
command -v cpio|cpio|packs what that kernel begins with
command -v xz|xz-utils|unpacks its modules
command -v mke2fs|e2fsprogs|makes its disk
END
}

compiler_packages() {
    case $compiler in
    cc) echo gcc libc6-dev ;;
    gcc | clang) echo "$compiler" libc6-dev ;;
    *) echo libc6-dev ;;
    esac
}

# The name has the version of clang in it, which is known once clang is here.
sanitizers_of() {
    version=$("$1" -dumpversion 2>/dev/null | cut -d. -f1)
    case $1 in
    clang*) echo "libclang-rt-${version:-N}-dev" ;;
    *) echo "libgcc-${version:-N}-dev" ;;
    esac
}

# Whether the compiler CC makes a program of that text, with these flags.
makes_program() { # TEXT FLAG...
    text=$1
    shift
    # shellcheck disable=SC2086 # $CC may be several words
    echo "$text" | $CC "$@" -x c -o /dev/null -
}

compiles() {
    makes_program '#include <stdio.h>
        int main(void) { return puts("") == EOF; }'
}

sanitizes() { # COMPILER...
    echo 'int main(void) { return 0; }' |
        "$@" -fsanitize=address,undefined -x c -o /dev/null -
}

# A compiler that is not here, or makes nothing, lacks more than sanitizers.
# shellcheck disable=SC2086 # $CC may be several words
compiler_sanitizes() { ! compiles || sanitizes $CC; }
clang_sanitizes() { ! command -v clang || sanitizes clang; }

busybox_has_httpd() { busybox --list | grep -qx httpd; }

# Other programs of this name know other options.
nc_is_usable() { nc -h 2>&1 | grep -q OpenBSD; }

# Not all that is called man has pages, and some systems leave them out of the
# packages.
has_man_pages() { [ -r "$(man -w 2 send)" ]; }

# Prints the packages and the purpose of each need that is not met.
missing() {
    needs "${1-}" | while IFS='|' read -r test packages purpose; do
        (eval "$test") >/dev/null 2>&1 </dev/null ||
            printf '%s|%s\n' "$packages" "$purpose"
    done
}

required() { echo "$1" | grep -v '^?'; }
optional() { echo "$1" | sed -n 's/^?//p'; }

# Of lines "packages|purpose", the packages in one line.
packages_of() {
    echo "$1" | sed 's/^?//; s/|.*//' | tr ' ' '\n' | sort -u | tr '\n' ' ' |
        sed 's/^ *//; s/ *$//'
}

describe() { echo "$1" | sed 's/^?//; s/|/: /; s/^/  /' >&2; }

# Whoever installs something holds a lock, so that nobody else does meanwhile.
lock() {
    folder=/var/lib/dpkg
    [ -r $folder ] || folder=$(dirname "$0")
    command -v flock >/dev/null || return 0
    exec 9<"$folder"
    flock -n 9 && return
    say "Waiting for another set-up that is under way."
    flock 9
}

# Runs apt-get; what it said is in $said. Waits while others hold its locks.
apt() { # ARGUMENT...
    until=$(($(date +%s) + patience))
    waiting=
    # Not even a service that a package starts may keep our own lock.
    until said=$($as_root env LC_ALL=C DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o "DPkg::Lock::Timeout=$patience" "$@" \
        2>&1 </dev/null 9>&-); do
        echo "$said" | grep -q -e 'ould not get lock' -e 'nable to lock' \
            -e 'nable to acquire' || return
        [ "$(date +%s)" -lt "$until" ] || return
        [ "$waiting" ] || say "Waiting for another apt-get to end."
        waiting=yes
        sleep 1
    done
}

# The first lines of what is wrong, of what apt-get or sudo said.
complaints() { # COUNT SAID
    found=$(echo "$2" | grep -E '^(E|W|Err|sudo|dpkg|env)[0-9]*:')
    [ "$found" ] || found=$(echo "$2" | tail -n 3)
    echo "$found" | sed '/^$/d; s/^/  /' | head -n "$1"
}

# Installs what is required, and with it what is good to have, if possible.
install_packages() { # LACKING
    # The list of packages may be missing or old. If it can't be fetched, what
    # is wanted may be there all the same.
    apt update || :
    fetching=$said
    if ! echo "$said" | grep -q '^sudo: '; then
        # shellcheck disable=SC2046 # the names are separate words
        apt install -y --no-install-recommends $(packages_of "$1") && return
    fi
    if [ "$(optional "$1")" ] && echo "$said" |
        grep -q -e 'Unable to locate' -e 'no installation candidate'; then
        # shellcheck disable=SC2046
        apt install -y --no-install-recommends \
            $(packages_of "$(required "$1")") && return
    fi
    say "apt-get could not install them:"
    { complaints 2 "$fetching"; complaints 4 "$said"; } |
        awk '!said[$0]++' >&2
    return 1
}

# Whether packages may be installed. Who has said so once is not asked again.
may_install() {
    case ${YES-} in
    1 | yes) return ;;
    esac
    # Standard output is a file's.
    [ -t 0 ] && [ -t 2 ] || return
    printf 'Install them with %s? [y/N] ' "${as_root:+sudo }apt-get" >&2
    read -r answer || say
    case ${answer-} in
    [yY] | [yY][eE][sS]) YES=1 ;;
    *) return 1 ;;
    esac
}

# Says what is lacking, and installs it, or says how to.
provide() { # LACKING
    by_hand="apt-get update && apt-get install $(packages_of "$1")"
    round=$((${round-0} + 1))
    [ $round -gt 1 ] ||
        say "The workbook needs some packages that are not here yet:"
    describe "$1"
    command -v apt-get >/dev/null || {
        say "There is no apt-get here to install them with. Other systems have"
        say "the same under similar names: install them, then type make again."
        return 1
    }
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    if [ "$as_root" ] && ! command -v sudo >/dev/null; then
        say "You are not root, and there is no sudo here. Have root run this:"
        say "  $by_hand"
        say "Then type make again."
        return 1
    fi
    may_install || {
        say "Nothing is installed unasked. Add YES=1 to what you typed, or have"
        say "root run this, and then type make again:"
        say "  $by_hand"
        return 1
    }
    [ $round -gt 1 ] ||
        say "Installing them with ${as_root:+sudo }apt-get: that can take minutes."
    install_packages "$1" && return
    [ -z "$as_root" ] || say "Root can install them with:
  $by_hand"
    say "Once they are here, type make again."
    return 1
}

# What has a compiler's version in its name comes with that compiler.
if [ "${1-}" = --packages ]; then
    packages_of "$(needs | cut -d '|' -f 2- | grep -v -e '-[0-9N]*-dev|')"
    exit
fi
case $(uname -sm) in
'Linux x86_64' | 'Linux aarch64') ;;
*) fail "The workbook needs Linux on x86-64 or aarch64; this is $(uname -sm)." ;;
esac
case $compiler in
cc | gcc | clang) ;;
*) command -v "$compiler" >/dev/null ||
    fail "There is no compiler '$compiler'. To use the usual one, leave out CC=." ;;
esac

lacking=$(missing "${1-}")
if [ "$(required "$lacking")" ]; then
    lock
    # Another one may have installed it meanwhile.
    lacking=$(missing "${1-}")
    [ -z "$(required "$lacking")" ] || provide "$lacking" || exit 1
    # Some is only known to be lacking after the first round.
    before=$lacking
    lacking=$(missing "${1-}")
    [ -z "$(required "$lacking")" ] || [ "$lacking" = "$before" ] ||
        provide "$lacking" || exit 1
    lacking=$(missing "${1-}")
    exec 9<&-
fi
if [ "$(required "$lacking")" ]; then
    say "These are installed, and still not what is needed:"
    describe "$(required "$lacking")"
    compiles 2>&1 | head -n 3 >&2
    exit 1
fi
[ "${1-}" ] || optional "$lacking" |
    while IFS='|' read -r packages purpose; do
        say "Good to have, but not here: $purpose (packages: $packages)."
    done
makes_program '#include <sys/ptrace.h>
    struct __ptrace_syscall_info info;
    int main(void) { return PTRACE_GET_SYSCALL_INFO == 0; }' 2>/dev/null ||
    fail "This C library is too old: it must be glibc 2.31 (Debian 11) or newer."
[ -z "${1-}" ] || exit 0

# The newest of the hardening flags is not known to every compiler.
pattern=-ftrivial-auto-var-init=pattern
makes_program 'int main(void) { return 0; }' "$pattern" -c 2>/dev/null ||
    pattern=
# What the warnings that stop a build bring along, and is not always a bug. Each
# compiler has names of its own for that, and refuses the other's.
spared=
for warning in nonnull format-extra-args format-zero-length format-security \
    format-contains-nul format-overflow format-truncation \
    incompatible-pointer-types-discards-qualifiers; do
    makes_program 'int main(void) { return 0; }' -Werror \
        "-Wno-error=$warning" -c 2>/dev/null &&
        spared="$spared -Wno-error=$warning"
done
printf 'PATTERN_INIT := %s\n' "$pattern"
printf 'NOT_ALWAYS_BUGS :=%s\n' "$spared"
printf 'LIBRARY_CFLAGS := %s\n' "$(pkg-config --cflags check jansson libdw zlib)"
printf 'LESSON_LIBS := %s\n' "$(pkg-config --libs jansson zlib)"
printf 'LIBRARY_LIBS := %s\n' "$(pkg-config --libs check jansson libdw zlib)"

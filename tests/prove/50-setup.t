#!/bin/bash
# Depends on: machine tools/setup.sh
# Proves that setting up says what is missing, once and with what to do, and
# does what can be done: on machines without some of the tools, and with
# another set-up or another apt-get at work.
# shellcheck source=tests/prove/proof.sh
. "$(dirname "$0")/proof.sh" || exit 1

# --- what is missing ---------------------------------------------------------

# Without apt-get, all that can be done is to name what is missing.
names_package() { # PROGRAM PACKAGE [OPTION]
    new_machine
    without "$1"
    set_up "${3---test}"
    ends_with 1 && says "  $2" "There is no apt-get" && says_once
}

works_without_man_pages() {
    new_machine
    without man
    set_up
    found_all && says "man-db manpages-dev" "man 2 send" && says_once
}

# A program called man is not enough: some systems leave out the pages.
finds_out_that_pages_are_left_out() {
    new_machine
    fake man <<<'echo "This system has been minimized."'
    set_up
    found_all && says "man-db manpages-dev"
}

names_clang_sanitizers() {
    new_machine
    fake clang <<END
case "\$*" in
*-fsanitize*) exit 1 ;;
*) exec $(command -v clang) "\$@" ;;
esac
END
    set_up --test
    ends_with 1 && says "libclang-rt-" && says_once
}

# cc_that FAILS_FOR: a compiler that can't compile what has such words in it, or
# in its arguments.
cc_that() {
    fake cc <<END
program=\$(cat)
case "\$* \$program" in
*$1*) echo "fatal error: no $1" >&2; exit 1 ;;
esac
echo "\$program" | $(command -v cc) "\$@"
END
}

names_headers() {
    new_machine
    cc_that stdio.h
    set_up
    ends_with 1 && says libc6-dev && says_once
}

names_sanitizers() {
    new_machine
    cc_that -fsanitize
    set_up
    ends_with 1 && says "libgcc-" sanitizers && says_once
}

names_old_library() {
    new_machine
    cc_that ptrace.h
    set_up
    ends_with 1 && says "glibc 2.31"
}

names_unknown_compiler() {
    new_machine
    with_apt_get <<<'on_asked() { :; }'
    on_machine env CC="no-such-cc -m64" sh tools/setup.sh
    ends_with 1 && says "There is no compiler 'no-such-cc'" && says_once &&
        apt_was_asked ""
}

# They are for a system on which nothing is known of compilers yet.
lists_packages() {
    new_machine
    without cc pkg-config
    with_apt_get <<<'on_asked() { :; }'
    set_up --packages
    ends_with 0 && says_nothing && apt_was_asked "" || return
    grep -qx 'check gcc libc6-dev .*libdw-dev.*pkg-config.*' "$work/out" ||
        because "lists $(cat "$work/out")"
}

names_other_system() {
    new_machine
    fake uname <<<'echo Plan9 mips'
    set_up
    ends_with 1 && says "Linux on x86-64 or aarch64; this is Plan9"
}

# --- installing --------------------------------------------------------------

installs_what_is_missing() {
    new_machine
    without cc pkg-config man
    with_apt_get <<<'on_asked() { :; }'
    set_up_with_yes
    found_all && says gcc pkg-config man-db && says_once &&
        apt_was_asked "update,install *gcc*man-db*pkg-config*,"
}

# Nobody is at a terminal to be asked.
installs_nothing_unasked() {
    new_machine
    without pkg-config
    with_apt_get <<<'on_asked() { :; }'
    set_up
    ends_with 1 && says pkg-config "Add YES=1" \
        "  apt-get update && apt-get install " && says_once && apt_was_asked ""
}

# set_up_at_terminal ANSWER: as set_up, with somebody there who types that.
set_up_at_terminal() {
    # shellcheck disable=SC2016 # the script's own
    python3 - "$1" "$machine" "$work/out" >"$work/said" <<'END'
import os, pty, sys
answer, machine, out = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
    os.execve("/bin/sh", ["sh", "tools/setup.sh"],
              {"PATH": machine, "LC_ALL": "C"})
os.write(terminal, answer.encode())
try:
    while said := os.read(terminal, 4096):
        print(said.decode().replace("\r", ""), end="")
except OSError: # so it is told of the terminal's end
    pass
sys.stdout.flush()
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
END
    status=$?
    said=$(cat "$work/said")
}

asks_at_a_terminal() { # ANSWER STATUS ASKED
    command -v python3 >/dev/null || skip "there is no python3" || return
    new_machine
    without pkg-config
    with_apt_get <<<'on_asked() { :; }'
    set_up_at_terminal "$1"
    ends_with "$2" && says "Install them with apt-get? [y/N]" &&
        apt_was_asked "$3"
}

takes_a_yes() {
    asks_at_a_terminal $'y\n' 0 "update,install *pkg-config*," && found_all
}
takes_a_no() {
    asks_at_a_terminal $'\n' 1 "" && says "Nothing is installed unasked" &&
        asks_at_a_terminal $'\x04' 1 ""
}

# make hands it on: older ones tell $(shell) nothing.
make_hands_on_yes() {
    new_machine
    without pkg-config
    with_apt_get <<<'on_asked() { :; }'
    on_machine make -n B="$work/build" YES=1 list
    [[ $said != *"unasked"* ]] || because "set-up was not told" || return
    apt_was_asked "update,install *pkg-config*,"
}

# What can be done without is no reason not to install the rest.
installs_without_man_pages() {
    new_machine
    without pkg-config man
    with_apt_get <<'END'
on_asked() {
    case $asked in *man*)
        echo "E: Unable to locate package manpages-dev" >&2
        exit 100 ;;
    esac
    rm -f "$machine.store/man"
}
END
    set_up_with_yes
    found_all && says "Good to have" && says_once && apt_was_asked "update,install *pkg-config*,"
}

says_why_apt_get_failed() {
    new_machine
    without pkg-config
    with_apt_get <<'END'
on_asked() {
    case $asked in
    update) echo "W: Failed to fetch this: Temporary failure resolving" ;;
    *)
        echo "Reading package lists..."
        echo "E: Unable to locate package pkg-config"
        exit 100 ;;
    esac >&2
}
END
    set_up_with_yes
    ends_with 1 && says "W: Failed to fetch this: Temporary failure" \
        "E: Unable to locate package pkg-config" "type make again" && says_once
}

says_what_root_can_do() {
    new_machine
    without pkg-config
    with_apt_get <<<'on_asked() { :; }'
    fake id <<<'echo 1000'
    set_up
    ends_with 1 && says "no sudo" "  apt-get update && apt-get install " pkg-config && says_once &&
        apt_was_asked ""
}

asks_sudo() {
    new_machine
    without pkg-config
    with_apt_get <<'END'
on_asked() { [ "${as_root-}" ] || exit 100; }
END
    fake id <<<'echo 1000'
    # Like the real one, it hands on no environment.
    echo "exec $(command -v env) -i PATH=$machine as_root=yes \"\$@\"" |
        fake sudo
    set_up_with_yes
    found_all && apt_was_asked "update,install *pkg-config*,"
}

says_that_sudo_refuses() {
    new_machine
    without pkg-config
    with_apt_get <<<'on_asked() { :; }'
    fake id <<<'echo 1000'
    fake sudo <<<'echo "sudo: a password is required" >&2; exit 1'
    set_up_with_yes
    ends_with 1 && says "sudo: a password is required" "Root can install" \
        "  apt-get update && apt-get install " "type make again" &&
        says_once && apt_was_asked ""
}

waits_for_another_apt_get() {
    new_machine
    without pkg-config
    with_apt_get <<END
on_asked() {
    [ ! -e "$work/held" ] || {
        rm "$work/held"
        echo "E: Could not get lock /var/lib/apt/lists/lock. It is held" >&2
        exit 100
    }
}
END
    : >"$work/held"
    set_up_with_yes
    found_all && says "Waiting for another apt-get" &&
        apt_was_asked "update,install *pkg-config*,"
}

# The first apt-get waits until the second set-up either waits, too, or starts
# an apt-get of its own.
installs_once_for_two() {
    local event i pids=() started=0 waited=0
    command -v flock >/dev/null || skip "there is no flock" || return
    new_machine
    without pkg-config
    rm -f "$work/events" "$work/go"
    mkfifo "$work/events" "$work/go"
    with_apt_get <<END
on_asked() {
    [ "\$asked" = update ] || return 0
    echo started >"$work/events"
    read -r line <"$work/go"
}
END
    exec {events}<>"$work/events" {go}<>"$work/go"
    for i in 1 2; do
        YES=1 PATH=$machine sh tools/setup.sh >"$work/out.$i" 2>"$work/events" &
        pids+=($!)
        while read -r -t 60 -u "$events" event; do
            case $event in
            started) started=$((started + 1)) ;;
            "Waiting for another set-up"*) waited=1 ;;
            esac
            [ $((started + waited)) -lt "$i" ] || break
        done
    done
    # Enough for as many as there are.
    echo go >&"$go"
    echo go >&"$go"
    for i in 1 2; do
        wait "${pids[i - 1]}" || because "set-up $i fails"
        grep -q LIBRARY_LIBS "$work/out.$i" ||
            because "set-up $i does not write what it found"
    done
    exec {events}<&- {go}<&-
    [ ! -s "$work/why" ] || return
    [ "$waited" -eq 1 ] || because "the second did not wait" || return
    apt_was_asked "update,install *pkg-config*,"
}

# --- all of it ---------------------------------------------------------------

while read -r program package; do
    try "names what $program is in, if it is missing" \
        names_package "$program" "$package"
done <<'END'
bash bash
cc gcc
clang clang
clang-format clang-format
cmp diffutils
cppcheck cppcheck
diff diffutils
find findutils
gcc gcc
git git
nc netcat-openbsd
patch patch
pgrep procps
pkg-config pkg-config
prove perl
python3 python3
socat socat
xargs findutils
END
try "names what other systems are made with" \
    names_package debootstrap debootstrap --systems
try "lists the packages that another system needs" lists_packages
try "names the sanitizers for clang" names_clang_sanitizers
try "names the headers that the compiler is without" names_headers
try "names the sanitizers that the compiler is without" names_sanitizers
try "names a C library that is too old" names_old_library
try "names a compiler that there is not" names_unknown_compiler
try "names a system that is not Linux" names_other_system
try "works without man pages" works_without_man_pages
try "knows a man that has no pages" finds_out_that_pages_are_left_out

try "installs what is missing" installs_what_is_missing
try "installs nothing unasked" installs_nothing_unasked
try "asks at a terminal, and takes a yes" takes_a_yes
try "takes anything else for a no" takes_a_no
try "is told by make YES=1" make_hands_on_yes
try "installs the rest without man pages" installs_without_man_pages
try "says why apt-get failed" says_why_apt_get_failed
try "says what root can do, without sudo" says_what_root_can_do
try "installs by way of sudo" asks_sudo
try "says that sudo refuses" says_that_sudo_refuses
try "waits for another apt-get" waits_for_another_apt_get
try "installs once for two at a time" installs_once_for_two
finish

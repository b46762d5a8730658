#!/bin/sh
# What the machine of aarch64.sh runs: grades all solutions, and wrong programs
# of which each needs something that differs between processors. Prints a line
# "ok   NAME" or "FAIL NAME" for each; exit status 0 once all have one.
set -u
cd "$(dirname "$0")/../.." || exit 1
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LC_ALL=C.UTF-8 NO_COLOR=1

# try NAME COMMAND...: shows what the command said if it fails.
try() {
    name=$1
    shift
    if said=$("$@" 2>&1); then
        echo "ok   $name"
    else
        echo "FAIL $name"
        echo "$said" | sed 's/^/       /'
    fi
}

# The student's first step, on a system that has all that is needed.
make_finds_work() {
    said=$(make 2>&1)
    echo "$said"
    echo "$said" | grep -q 'TODO that is open'
}

# wrong LESSON: tries the programs of its bank that standard input names.
wrong() {
    # shellcheck disable=SC2046 # the names are separate words
    set -- $(sed "s,^\([a-z0-9_]*\).*,tests/$1/wrong/\1.patch,")
    python3 tests/prove/bank.py "$@" 2>&1 |
        sed -e 's/^ok [0-9]* - /ok   /' -e '/^not ok /d' -e '/^1\.\./d'
}

# The line of a call is found by unwinding the stack, through the libraries.
shows_lines() {
    build/graders/01-echo-server --case survives_short_sends \
        --programs build/bank/01-echo-server/wrong-send_result_ignored \
        --sources solutions/01-echo-server/ >build/said
    cat build/said
    grep -q ' send(.*echo_server\.c:[0-9]' build/said
}

try "this is an aarch64" test "$(uname -m)" = aarch64
try "make builds the workbook and finds work to do" make_finds_work
for lesson in solutions/*/; do
    lesson=$(basename "$lesson")
    try "$lesson: the solution" build/workbook check "$lesson" --from solutions
done

# What of the processor each of them needs:
wrong 01-echo-server <<'END'
send_result_ignored          an argument is changed
eintr_fatal_in_recv          a call is skipped
waits_for_full_buffer        a blocked call is known
never_exits                  so is pause(), which isn't one
terminates_past_the_buffer   a sanitizer reports
length_in_a_char             char has no sign
END
wrong 11-select-server <<'END'
eagain_is_a_disconnect       select() finds what isn't there
clients_block                so it does, and recv() waits
polls_every_10_ms            time limits are known
no_fd_setsize_check          a thousand clients
END
try "the line of a call is shown" shows_lines

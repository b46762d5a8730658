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

# The place of a call is found by unwinding the stack.
shows_lines() { # FILE
    cat "$1"
    grep -q ' send(.*echo_server\.c:[0-9]' "$1"
}

try "this is an aarch64" test "$(uname -m)" = aarch64
try "make builds the workbook and finds work to do" make_finds_work
for lesson in solutions/*/; do
    lesson=$(basename "$lesson")
    try "$lesson: the solution" build/workbook check "$lesson" --from solutions
done

while read -r name; do # what of the processor it needs
    sh tools/test-bank.sh "tests/${name%% *}.patch"
done <<'END'
01-echo-server/wrong/send_result_ignored          an argument is changed
01-echo-server/wrong/eintr_fatal_in_recv          a call is skipped
01-echo-server/wrong/waits_for_full_buffer        a blocked call is known
01-echo-server/wrong/never_exits                  so is pause(), which isn't one
01-echo-server/wrong/terminates_past_the_buffer   a sanitizer reports
01-echo-server/wrong/length_in_a_char             char has no sign
11-select-server/wrong/eagain_is_a_disconnect     select() finds what isn't there
11-select-server/wrong/clients_block              so it does, and recv() waits
11-select-server/wrong/polls_every_10_ms          time limits are known
11-select-server/wrong/no_fd_setsize_check        a thousand clients
END
try "the line of a call is shown" \
    shows_lines build/bank/01-echo-server-wrong-send_result_ignored/output

#!/bin/bash
# Depends on: machine Makefile common lessons/01-echo-server solutions tools
# Depends on: tests/01-echo-server tests/11-select-server tests/harness
# Depends on: tests/probe.c tests/prove
# Proves that no submission gets the better of the grader: files with odd names
# and programs that are up to no good; skips what this machine can't make.
# shellcheck source=tests/prove/machine.sh
. "$(dirname "$0")/machine.sh" || exit 1

# --- files --------------------------------------------------------------------

odd=$work/"it's \$(touch pwned) \"odd\""/01-echo-server
mkdir -p "$odd"
cp solutions/01-echo-server/echo_server.c "$odd"
# shellcheck disable=SC2016 # they are not to be expanded here, nor anywhere
touch "$odd"/{'x&touch${IFS}pwned&y.c','`touch pwned`.c','a:b.c','Makefile'} \
    "$odd/echo_server (copy).c" "$odd/"$'\e[2Jclear.c'
expect "odd names are named and ignored" 0 '"a:b.c"' \
    build/workbook check 01 --from "$(dirname "$odd")"
grep -qF '"x&touch${IFS}pwned&y.c"' "$work/said" &&
    grep -qF '"\x1b[2Jclear.c"' "$work/said" ||
    fail "odd names are named as they are" "not all of them"
expect "an odd name for another folder" 0 "$all_passed" \
    make -s check LESSON=01 FROM="$(dirname "$odd")"
[ -z "$(find . -name 'pwned*' -print -quit)" ] ||
    fail "names run no commands" "one of them did"

mkdir -p "$work/named/01-echo-server"
cp solutions/01-echo-server/echo_server.c \
    "$work/named/01-echo-server/echo_server (copy).c"
check "only a file of another name" 1 \
    "echo_server.c: No such file or directory" named
mkdir -p "$work/fifo/01-echo-server"
mkfifo "$work/fifo/01-echo-server/echo_server.c"
check "a FIFO for a source" 1 "is not a regular file" fifo
mkdir -p "$work/large/01-echo-server"
head -c 2000000 /dev/zero >"$work/large/01-echo-server/echo_server.c"
check "2 MB of source" 1 "is larger than 1 MiB" large
echo '#include "/dev/zero"' | submit zero
check "a source that never ends" 1 "does not compile" zero

# What is compiled need not be in the submission alone.
submit includes <<END
#if defined __has_include
#if __has_include("$work/elsewhere/may be.h")
#error "It is there."
#endif
#endif
#include "$work/elsewhere/a \$b#.h"
#include "../../common/net.h"
$(cat solutions/01-echo-server/echo_server.c)
END
mkdir -p "$work/elsewhere"
: >"$work/elsewhere/a \$b#.h"
check "headers from elsewhere" 0 "$all_passed" includes
echo '#error "It has changed."' >"$work/elsewhere/a \$b#.h"
check "headers from elsewhere that change" 1 "It has changed." includes
: >"$work/elsewhere/a \$b#.h"
: >"$work/elsewhere/may be.h"
check "headers from elsewhere that appear" 1 "It is there." includes

fifo_beside() {
    copy_tree beside && cd "$work/beside" || return
    mkfifo lessons/01-echo-server/notes.h
    build/workbook check 01
}
export -f fifo_beside
expect "a FIFO beside the lesson's files" 1 "TODO 1.1" bash -c fifo_beside
expect "a folder that is too deep" 2 "there is no folder" \
    build/workbook check 01 --from solutions/01-echo-server

# Beside the workbook's own files, too.
odd_copies() {
    copy_tree copies && cd "$work/copies" || return
    touch common/{'net (copy).c','a:b.c','$(shell touch pwned).c'} \
        tests/harness/'$(shell touch pwned).c' tests/01-echo-server/'b c.c'
    make list && $grade
}
export -f odd_copies
expect "odd names beside the helpers" 0 "$all_passed" bash -c odd_copies

# --- programs that are up to no good, or never end ----------------------------

submit opens_memory <tests/prove/opens_memory.c
check "the grader's memory can't be opened" 1 \
    "nothing of the grader can be reached" opens_memory --case announces
submit attaches <<'END'
#include <sys/ptrace.h>
#include <unistd.h>
int main(void)
{
    ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
    for (;;)
        pause();
}
END
check "the grader can't be stopped by ptrace" 1 "0 of 35 points" attaches
submit signals <<'END'
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
    int stopped = kill(getppid(), SIGSTOP) == 0;
    stopped += kill(-getpgid(getppid()), SIGSTOP) == 0;
    stopped += kill(-1, 0) == 0;
    fprintf(stderr, "%d of 3 signals sent\n", stopped);
    return 1;
}
END
check "the grader can't be sent signals" 1 "0 of 3 signals sent" signals \
    --case announces
submit escapes <<'END'
#include <stdio.h>
int main(void)
{
    fputs("\033[2J\033[31m30 of 30\xc2\x9b\x80\r"
          " Function not implemented\n", stderr); // so it is quoted
    return 2;
}
END
check "control characters are escaped" 1 '\x1b[2J' escapes --verbose
if grep -q $'[\x01-\x08\x0b-\x1f\x7f]' "$work/said"; then
    fail "no control character gets through" "one did"
fi
build/workbook check 01 --json --from "$work/escapes" >"$work/said" 2>&1
python3 -m json.tool <"$work/said" >/dev/null ||
    fail "what the program says is no harm to JSON" "it is not JSON"

printf 'int main(void) { return \xe4\033[2J; }' | submit latin
build/workbook check 01 --json --from "$work/latin" 2>&1 | tee "$work/said" |
    python3 -c 'import json, sys; json.load(sys.stdin)["compiler"]' ||
    fail "what a compiler says of Latin-1 is JSON" "it is not"
check "what a compiler shows is escaped" 1 '\x1b[2J' latin
bash -c "ulimit -v 8000000; $grade --json" 2>/dev/null >"$work/said"
python3 -m json.tool <"$work/said" >/dev/null ||
    fail "a machine at fault is JSON, too" "it is not"

for output in 'puts("is anybody there?")' 'putchar(0)' \
    'fputs("no\n", stderr)' 'write(1, "x", 1), usleep(50000)'; do
    printf '#include <stdio.h>\n#include <unistd.h>\n%s' \
        "int main(void) { for (;;) $output; }" | submit endless
    check "endless output: $output" 1 "0 of 35 points" endless
done

replaced_grader() {
    copy_tree replaced && cd "$work/replaced" || return
    printf '#!/bin/sh\necho 30 of 35 points\n' >build/graders/01-echo-server
    chmod +x build/graders/01-echo-server
    touch -d tomorrow build/graders/01-echo-server
    build/workbook check 01
}
export -f replaced_grader
expect "a grader that was replaced" 1 "2 of 35 points" bash -c replaced_grader

# Not even one that stops for ever may be left: what the ptrace probe began.
leftovers() {
    for i in $(seq 60); do
        build/graders/01-echo-server --programs "$nowhere" --sources x \
            --case announces >/dev/null 2>&1 &
        sleep "0.00$((i % 10))"
        kill -KILL $! 2>/dev/null
        wait $! 2>/dev/null
    done
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        pgrep -f -- "--programs $nowhere" >/dev/null || { echo "none is left"; return 0; }
        sleep 0.2 # they end by themselves, once they are told
    done
    pgrep -fl -- "--programs $nowhere"
    return 1
}
export -f leftovers
export nowhere=/nonexistent/$$
expect "nothing is left of a grader that was killed" 0 "none is left" bash -c leftovers

# A compiler waits for ever for what comes out of this.
mkfifo "$work/never"
submit waits <<<"#include \"$work/never\""
# True while it does. Others compile the same lesson, in other folders.
is_compiling() {
    local pid
    for pid in $(pgrep -f "cc1.*01-echo-server/new"); do
        [ "$(readlink "/proc/$pid/cwd")" != "$PWD" ] || return 0
    done
    return 1
}
killed_compile() { # SIGNAL
    copy_tree killed && cd "$work/killed" || return
    build/workbook check 01 --from "$work/waits" >/dev/null 2>&1 &
    until is_compiling; do :; done
    kill "-$1" $!
    wait $! 2>/dev/null
    for _ in $(seq 50); do
        is_compiling || { echo "none is left"; return 0; }
        sleep 0.1 # they end by themselves, once they are told
    done
    return 1
}
export -f killed_compile is_compiling
for signal in TERM KILL; do
    expect "nothing is left of a compile, SIG$signal" 0 "none is left" \
        bash -c "killed_compile $signal"
done

# In a namespace of its own, lest it reaches anybody.
submit kills_all <<'END'
#include <signal.h>
#include <unistd.h>
int main(void)
{
    if (fork() == 0)
        setsid();
    kill(-1, SIGKILL);
    for (;;)
        pause();
}
END
for how in --untraced ""; do
    expect_if "unshare -pf --mount-proc true" \
        "kill(-1) reaches nobody${how:+, $how}" 0 "none is left" \
        unshare -pf --mount-proc bash -c "
            build/workbook check 01 $how --from '$work/kills_all'
            pgrep -l echo_server || echo none is left"
done

submit hops <<'END'
#include <signal.h>
#include <unistd.h>
int main(void)
{
    signal(SIGCHLD, SIG_IGN);
    if (fork() == 0)
        for (;;)
            if (fork() > 0)
                _exit(0);
    return 1;
}
END
for how in --untraced ""; do
    expect_if "unshare -pf --mount-proc true" \
        "processes that come and go${how:+, $how}" 0 "none is left" \
        unshare -pf --mount-proc bash -c "
            build/workbook check 01 $how --case announces \
                --from '$work/hops'
            pgrep -l echo_server || echo none is left"
done

finish

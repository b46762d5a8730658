#!/bin/bash
# Depends on: machine Makefile common lessons/01-echo-server solutions tools
# Depends on: tests/01-echo-server tests/11-select-server tests/harness
# Depends on: tests/probe.c tests/prove
# Proves that a verdict depends on nothing but the program: makes machines that
# are at fault, files with odd names and programs that are up to no good, and
# looks what the grader makes of them; skips what this machine can't make.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1
make -s build/graders/01-echo-server build/graders/11-select-server \
    build/probe build/workbook || exit 1
work=$PWD/build/prove/machine
rm -rf "$work" && mkdir -p "$work" build/programs || exit 1

fail() { not_ok "$1" "$2" < <(head -n 40 "$work/said"); } # NAME WHY

root=$PWD
# A copy of the workbook with all that is built, to do with as one likes. Other
# parts are at work: what has a process's number behind its name is about to go.
copy_tree() { # NAME
    mkdir -p "$work/$1" &&
        tar -C "$root" --exclude='*.[0-9]*' -cf - \
            Makefile common lessons solutions tests tools \
            build/{checks,common,compiler,config.mk,contents,files} \
            build/{flags.ours,flags.tested,graders,harness,probe,tools} \
            build/workbook | tar -C "$work/$1" -xpf -
}

# expect NAME STATUS WORDS COMMAND...: the command ends, within two minutes,
# with one of these statuses, and says these words.
expect() {
    local name=$1 statuses=$2 words=$3 status
    shift 3
    timeout -k 5 120 "$@" >"$work/said" 2>&1 </dev/null
    status=$?
    if [[ " $statuses " != *" $status "* ]]; then
        fail "$name" "exit status $status, not $statuses"
    elif ! tr -s ' \n' '  ' <"$work/said" | grep -qF -- "$words"; then
        fail "$name" "does not say \"$words\""
    else
        ok "$name"
    fi
}

# expect_if PROBE NAME...: the same, where the command PROBE succeeds.
expect_if() {
    local probe=$1
    shift
    if sh -c "$probe" >/dev/null 2>&1; then
        expect "$@"
    else
        skipped "$1" "not possible here: $probe"
    fi
}

grade="build/workbook check 01 --from solutions"
all_passed="30 of 30 points"
export root work grade

# --- a machine at fault -------------------------------------------------------

expect_if "unshare -n true" "no loopback" 3 "at 127.0.0.1: " \
    unshare -n $grade
expect_if "unshare -n ip address" "only one loopback address" 3 "at 127." \
    unshare -n sh -c "ip address add 127.0.0.1/32 dev lo
        ip link set lo up; ip address del 127.0.0.1/8 dev lo; $grade"
expect "limited address space" 3 "(ulimit -v)" \
    bash -c "ulimit -v 8000000; $grade"
expect "limited data" 3 "(ulimit -d)" bash -c "ulimit -d 4000000; $grade"
expect "limited processor time" 3 "(ulimit -t)" bash -c "ulimit -t 30; $grade"
expect "limited files" 3 "(ulimit -f)" bash -c "ulimit -f 20; $grade"
expect "20 descriptors" 3 "(ulimit -n)" bash -c "ulimit -n 20; $grade"
expect "limits that can be raised" 0 "$all_passed" \
    bash -c "ulimit -Sn 20; ulimit -Sv 8000000; $grade"
expect "a TMPDIR that does not exist" 0 "$all_passed" \
    env TMPDIR=/nonexistent TEMP=/nonexistent $grade --seed 2
expect_if "[ '${root#/tmp/}' = '$root' ] && unshare -m mount -t tmpfs none /tmp" \
    "a /tmp that can't be written" \
    0 "$all_passed" unshare -m sh -c \
    "mount -t tmpfs -o ro none /tmp; mount -t tmpfs none build/programs; $grade"
expect_if "unshare -m mount -t tmpfs none /proc" "no /proc" 3 "/proc" \
    unshare -m sh -c "mount -t tmpfs none /proc; $grade"

expect "64 descriptors, lesson 11" 3 "4 checks not run" \
    bash -c "ulimit -n 64; build/workbook check 11 --from solutions"
if grep -q '✗' "$work/said"; then
    fail "64 descriptors, lesson 11: nobody is blamed" "a check failed"
fi

# Some check finds no port, whichever comes first.
few_ports() {
    ip link set lo up
    echo "20000 20003" >/proc/sys/net/ipv4/ip_local_port_range
    exec $grade
}
export -f few_ports
expect_if "unshare -n ip address" "few local ports" "0 3" "of 30 points" \
    unshare -n bash -c few_ports

# Root is never short of processes: somebody else has to be.
few_processes() {
    copy_tree few && chown -R 65534:65534 "$work/few" || return
    cd "$work/few" || return
    setpriv --reuid 65534 --regid 65534 --clear-groups \
        bash -c "ulimit -u 30; $grade"
}
export -f few_processes copy_tree
expect_if "[ $(id -u) = 0 ] && setpriv --reuid 65534 --regid 65534 \
    --clear-groups test -x '$PWD/build/workbook'" \
    "few processes" 3 "(ulimit -u)" bash -c few_processes

# Whatever moment is hit: the program is right, so the status is never 1.
vanishing_programs() {
    copy_tree vanishing && cd "$work/vanishing" || return 1
    for delay in 0 0.02 0.05 0.08 0.1 0.15 0.2 0.3 0.4; do
        $grade >"$work/vanishing.said" 2>&1 &
        sleep $delay
        make -s clean 2>/dev/null
        wait $!
        status=$?
        if [ $status = 1 ]; then
            echo "blamed after $delay s"
            cat "$work/vanishing.said"
            return 1
        fi
        copy_tree vanishing && cd "$work/vanishing" || return 1
    done
    echo "never blamed"
}
export -f vanishing_programs
expect "make clean during a grading" 0 "never blamed" \
    bash -c vanishing_programs

# Mounted over build/programs, lest others find the whole of build/ full.
small_disk() {
    mount -t tmpfs -o size=300k none build/programs
    exec $grade
}
export -f small_disk
expect_if "unshare -m true" "a full disk" 3 "no room left on the disk" \
    unshare -m bash -c small_disk

# What a compiler or make would heed, and what an odd parent leaves behind.
mkdir -p "$work/include"
echo '#error' >"$work/include/stdio.h"
expect "an odd environment" 0 "$all_passed" env CPATH="$work/include" \
    GCC_EXEC_PREFIX=/nonexistent/ GNUMAKEFLAGS=-t MAKEFLAGS=n AR=false \
    DIAGNOSTICS=-nonexistent SHOWN=x POSIXLY_CORRECT=1 CK_RUN_CASE=x \
    ASAN_OPTIONS=verbosity=9 $grade --seed 3
expect "NAME in the environment" 0 "$all_passed" \
    env NAME=host POSIXLY_CORRECT=1 make -s check LESSON=01 FROM=solutions
expect "closed standard descriptors" 0 "" bash -c "$grade <&- >&- 2>&-; s=\$?
    echo; exit \$s"
expect "signals that are ignored" 0 "$all_passed" \
    bash -c "trap '' CHLD PIPE TERM HUP; exec $grade"

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

submit() { # NAME: what is on standard input
    mkdir -p "$work/$1/01-echo-server"
    cat >"$work/$1/01-echo-server/echo_server.c"
}
# check NAME STATUS WORDS FOLDER [OPTION...]
check() {
    local name=$1 status=$2 words=$3 folder=$4
    shift 4
    expect "$name" "$status" "$words" \
        build/workbook check 01 --from "$work/$folder" "$@"
}

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
check "the grader can't be stopped by ptrace" 1 "0 of 30 points" attaches
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
    check "endless output: $output" 1 "0 of 30 points" endless
done

replaced_grader() {
    copy_tree replaced && cd "$work/replaced" || return
    printf '#!/bin/sh\necho 30 of 30 points\n' >build/graders/01-echo-server
    chmod +x build/graders/01-echo-server
    touch -d tomorrow build/graders/01-echo-server
    build/workbook check 01
}
export -f replaced_grader
expect "a grader that was replaced" 1 "2 of 30 points" bash -c replaced_grader

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

# --- where ptrace is refused --------------------------------------------------

refused() { # lesson 01 is done, as far as that is possible: 02 is next
    copy_tree refused && cd "$work/refused" || return
    cp solutions/01-echo-server/echo_server.c lessons/01-echo-server/
    ../refuse ptrace build/workbook >first.said 2>&1
    status=$?
    [ $status = 3 ] || { echo "status $status"; cat first.said; return 1; }
    ../refuse ptrace build/workbook
    ../refuse ptrace build/workbook list
}
export -f refused
"${CC:-cc}" -o "$work/refuse" tests/prove/refuse.c
expect "without ptrace, lesson 02 comes after 01" 0 "02-echo-client" \
    bash -c refused
grep -q 'done  01-echo-server' "$work/said" ||
    fail "without ptrace, lesson 01 is done" "it is not"

# --- make ---------------------------------------------------------------------

future_setup() {
    copy_tree future && cd "$work/future" || return
    touch -d '+3 days' tools/*.sh Makefile
    make list
}
export -f future_setup
expect "set-up that is dated in the future" 0 "01-echo-server" \
    bash -c future_setup

finish

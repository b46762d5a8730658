#!/bin/bash
# Depends on: machine Makefile common lessons/01-echo-server solutions tools
# Depends on: tests/01-echo-server tests/11-select-server tests/harness
# Depends on: tests/probe.c tests/prove
# Proves that a verdict depends on nothing but the program: makes machines that
# are at fault, and looks what the grader makes of them; skips what this machine
# can't make.
# shellcheck source=tests/prove/machine.sh
. "$(dirname "$0")/machine.sh" || exit 1

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
# Which checks they are is luck, and which call finds no port; but somebody says
# it, and nobody is blamed for it.
expect_if "unshare -n ip address" "few local ports" 3 "ddress" \
    unshare -n bash -c few_ports
if grep -q '✗' "$work/said"; then
    fail "few local ports: nobody is blamed" "a check failed"
fi

# Root is never short of processes: somebody else has to be.
few_processes() {
    copy_tree few && chown -R 65534:65534 "$work/few" || return
    cd "$work/few" || return
    setpriv --reuid 65534 --regid 65534 --clear-groups \
        bash -c "ulimit -u 30; $grade"
}
export -f few_processes
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

# --- where ptrace is refused --------------------------------------------------

refused() { # lesson 01 is done, as far as that is possible: 02 is next
    copy_tree refused && cd "$work/refused" || return
    cp solutions/01-echo-server/echo_server.c lessons/01-echo-server/
    ../refuse ptrace build/workbook >first.said 2>&1
    status=$?
    [ $status = 3 ] || { echo "status $status"; cat first.said; return 1; }
    ../refuse ptrace build/workbook
    ../refuse ptrace build/workbook list
    ../refuse ptrace build/workbook list --json
}
export -f refused
"${CC:-cc}" -o "$work/refuse" tests/prove/refuse.c
expect "without ptrace, lesson 02 comes after 01" 0 "02-echo-client" \
    bash -c refused
grep -q 'done  01-echo-server' "$work/said" ||
    fail "without ptrace, lesson 01 is done" "it is not"
for progress in '"in part"' '"not yet"'; do
    grep -qF "\"progress\": $progress" "$work/said" ||
        fail "without ptrace, the JSON has what is done" "no $progress"
done

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

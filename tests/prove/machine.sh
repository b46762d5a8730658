# machine: what the parts that grade on odd machines, and odd submissions, are
# written with; they source it.
# shellcheck shell=bash
# shellcheck source=tests/prove/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh" || exit 1
make -s build/graders/01-echo-server build/graders/11-select-server \
    build/probe build/workbook || exit 1
work=$PWD/build/prove/$(basename "$0" .t)
rm -rf "$work" && mkdir -p "$work" build/programs || exit 1

fail() { not_ok "$1" "$2" < <(head -n 40 "$work/said"); } # NAME WHY

root=$PWD
export -f copy_tree

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
# shellcheck disable=SC2034 # the parts use it
all_passed="35 of 35 points"
export root work grade

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

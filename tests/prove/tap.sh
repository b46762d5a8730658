# tap: what the parts of the proof are written with; they source it. A part
# prints a line of TAP for each result, and ends with `finish`.
# shellcheck shell=bash
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
export LC_ALL=C.UTF-8 NO_COLOR=1
# shellcheck disable=SC2034 # the parts use it
jobs=$(nproc)
results=0 failures=0

# How to run this alone, once something has failed.
alone() {
    local part=${0##*/}
    part=${part%.t}
    echo "make test PART=${part#*-}${lesson:+ LESSON=$lesson}"
}

# For parts that build the workbook many times over, in copies of it: compilers
# that know what they have compiled before, wherever that was.
remember_compiles() { # ROOT: where the workbook is that is proved
    [ -d /usr/lib/ccache ] || return 0
    export PATH=/usr/lib/ccache:$PATH CCACHE_NOHASHDIR=yes
    export CCACHE_DIR=$1/build/prove/ccache
}

ok() { # NAME
    results=$((results + 1))
    echo "ok $results - $1"
}
skipped() { # NAME WHY
    results=$((results + 1))
    echo "ok $results - $1 # SKIP $2"
}
# not_ok NAME [WHY]: what more there is to be shown is on standard input. That
# goes to standard error, which `prove` shows.
not_ok() {
    results=$((results + 1)) failures=$((failures + 1))
    echo "not ok $results - $1"
    {
        echo
        echo "FAIL $1${2:+: $2}"
        sed 's/^/       /'
        echo "       again: $(alone)"
    } >&2
}

# try NAME COMMAND...: one result; shows what the command said if it fails.
try() {
    local name=$1 said
    shift
    if said=$("$@" 2>&1 </dev/null); then
        ok "$name"
    else
        not_ok "$name" <<<"$said"
    fi
}

# take_over COMMAND...: takes over its lines "ok   NAME", "FAIL NAME: WHY" and
# "skip NAME: WHY", and what is indented below a failure.
take_over() {
    local line name='' more='' before=$failures status=1
    while IFS= read -r line; do
        [ -z "$name" ] || [[ $line = " "* ]] || {
            not_ok "$name" <<<"$more"
            name='' more=''
        }
        case $line in
        "ok "*) ok "${line#ok   }" ;;
        "FAIL "*) name=${line#FAIL } ;;
        "skip "*) skipped "${line#skip }" "not possible here" ;;
        "ends with "*) status=${line#ends with } ;;
        *) [ -n "$name" ] && more+=$line$'\n' || echo "# $line" ;;
        esac
    done < <("$@" </dev/null; echo "ends with $?")
    # It may have broken off.
    [ "$status" -eq 0 ] || [ "$failures" -gt "$before" ] ||
        not_ok "$*" "ends with status $status" </dev/null
}

finish() { # the plan, and the exit status
    echo "1..$results"
    [ "$failures" -eq 0 ] && [ "$results" -gt 0 ]
    exit
}

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

# All files outside build/, with their content. git can't tell: this may be no
# clone, or one of somebody else's, about which git says nothing.
whole_tree() {
    find . \( -path ./build -o -path ./.git \) -prune -o -type f \
        -exec sha256sum {} + | sort -k 2
}

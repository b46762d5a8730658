#!/bin/bash
# Proves the workbook itself; `make test` runs it. Ends with a line
# "N passed, N failed"; exit status 1 if any failed.
set -u
cd "$(dirname "$0")/.." || exit 1
sh tools/setup.sh --test || exit 1
passed=0 failed=0
jobs=$(nproc)
export LC_ALL=C.UTF-8 NO_COLOR=1

begin() { printf '\n== %s\n' "$1"; }
pass() { passed=$((passed + ${2:-1})); echo "ok   $1"; }
fail() { failed=$((failed + ${2:-1})); echo "FAIL $1"; }

# try NAME COMMAND...: one test; shows what the command said if it fails.
try() {
    local name=$1 said
    shift
    if said=$("$@" 2>&1); then
        pass "$name"
    else
        fail "$name"
        echo "$said" | sed 's/^/       /'
    fi
}

# Counts the lines that begin with ok and FAIL, and shows all.
count_lines() {
    local line
    while IFS= read -r line; do
        case $line in
        "ok "*) pass "${line#ok   }" ;;
        "FAIL "*) fail "${line#FAIL }" ;;
        "skip "*) echo "$line" ;;
        *) echo "$line" ;;
        esac
    done
}

# All files outside build/, with their content. git can't tell: this may be no
# clone, or one of somebody else's, about which git says nothing.
whole_tree() {
    find . \( -path ./build -o -path ./.git \) -prune -o -type f \
        -exec sha256sum {} + | sort -k 2
}

lessons=$(ls solutions)
before=$(whole_tree)

begin "builds without a warning"
try "gcc -Werror" make -s -j"$jobs" everything B=build/gcc CC=gcc WERROR=-Werror
try "clang -Werror" \
    make -s -j"$jobs" everything B=build/clang CC=clang WERROR=-Werror
for lesson in $lessons; do
    make -s "build/graders/$lesson" || fail "grader of $lesson"
done

begin "unit tests of the harness and of common/"
make -s -j"$jobs" build/unit/unit
# Half of the suites wait for hangs to be noticed: they run side by side.
unit_suites() { # counts what Check says of the suites that are named
    local said suite
    for suite; do
        said=$(CK_RUN_SUITE=$suite build/unit/unit 2>&1)
        if echo "$said" | grep -q '^100%.*Failures: 0, Errors: 0$'; then
            echo "ok   unit tests: $suite," \
                "$(echo "$said" | sed -n 's/^100%: //p')"
        else
            echo "FAIL unit tests: $suite"
            echo "$said" | tail -n 20
        fi
    done
}
suites=$(sed -n 's/.*[ (]\([a-z_]*\)_suite().*/\1/p' tests/unit/main.c)
[ -n "$suites" ] || fail "there are no unit test suites"
export -f unit_suites
count_lines < <(echo "$suites" |
    xargs -P "$((jobs * 2))" -n 1 bash -c 'unit_suites "$1"' -)

begin "skeletons"
try "are what the generator makes of the solutions" \
    sh tools/skeletons.sh --check
for lesson in $lessons; do
    fails() { # helpfully: it names the next TODO's function as not implemented
        said=$(build/workbook check "$lesson" --from build/skeletons 2>&1)
        [ $? -eq 1 ] && echo "$said" | grep -q "TODO that is open" && return
        echo "$said"
        return 1
    }
    mkdir -p "build/skeletons/$lesson"
    for file in solutions/"$lesson"/*.[ch]; do
        awk -f tools/skeleton.awk "solutions/$lesson/holes" "$file" \
            >"build/skeletons/$lesson/$(basename "$file")"
    done
    try "$lesson compiles without a warning" make -s programs NAME="$lesson" \
        SRC=build/skeletons OUT=build/skeletons.out WERROR=-Werror
    try "$lesson fails, and says which TODO is open" fails
done

begin "solutions pass every check"
for lesson in $lessons; do
    for seed in 1 2 3 $RANDOM; do
        try "$lesson, seed $seed" \
            build/workbook check "$lesson" --from solutions --seed "$seed"
    done
done

begin "right programs pass, wrong ones are caught and explained"
count_lines < <(ls -d tests/*/right/* tests/*/wrong/*.patch |
    xargs -P "$jobs" -n 1 sh tools/test-bank.sh)

begin "a verdict depends on nothing but the program"
count_lines < <(bash tests/prove/machine.sh)
count_lines < <(python3 tests/prove/builds.py 8)

begin "lessons 11 and 12 with each other, and with programs by others"
count_lines < <(bash tools/test-interop.sh)

begin "lessons 15 and 16 with each other, and with a peer in Python"
count_lines < <(bash tools/test-interop-app.sh)

begin "set-up, and odd places and names"
count_lines < <(bash tests/prove/setup.sh; bash tests/prove/places.sh
    bash tests/prove/commands.sh)

begin "fuzzing seeds"
count_lines < <(bash tools/fuzz.sh --seeds)

begin "form"
sources=$(find common lessons solutions tests tools -name '*.[ch]' \
    -not -path '*/right/*')
# shellcheck disable=SC2086 # the names are separate words
try "clang-format" clang-format --dry-run --Werror $sources
# shellcheck disable=SC2086
try "cppcheck" cppcheck -q --error-exitcode=1 -j "$jobs" --inline-suppr \
    --enable=warning,performance,portability --std=c11 -D_GNU_SOURCE -D__x86_64__ \
    '-DJSON_INTEGER_FORMAT="lld"' \
    --suppressions-list=tools/cppcheck.txt -Icommon -Itests/harness -Itests/unit -Itools $sources
# Our folders are searched first: <limits.h> would be ours, and what the
# system's has to say be missing.
no_system_header() {
    local header name taken=0
    for header in common/*.h tests/*/*.h; do
        name=${header##*/}
        ! echo "#include <$name>" |
            cc -E -x c -o /dev/null - 2>/dev/null || {
            echo "$header"
            taken=1
        }
    done
    return $taken
}
try "no header has the name of one of the system's" no_system_header

begin "nothing is left behind"
no_process() { # of ours: somebody else's workbook may be at work, too
    ! readlink /proc/[0-9]*/exe 2>/dev/null | grep -F "$PWD/build/"
}
try "no process" no_process
same_tree() { diff <(echo "$before") <(whole_tree); }
try "no file outside build/" same_tree

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]

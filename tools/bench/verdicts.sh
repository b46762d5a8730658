#!/bin/bash
# Measures how fast the verdicts come, side by side with what nobody can save:
# compiling and linking the lesson's programs alone. In turns, so that a busy
# machine slows both.
#
# usage: tools/bench/verdicts.sh [LESSON...]      (all; ROUNDS=15 of each)
set -u
cd "$(dirname "$0")/../.." || exit 1
make -s list >/dev/null || exit 1
export LC_ALL=C.UTF-8
rounds=${ROUNDS:-15} target=3
cc=${CC:-cc}
flags=$(make -s flags)
bench=build/bench
libraries=$(pkg-config --libs jansson zlib)
# What the Makefile links to each program.
common=(common/*.c)
common=("${common[@]/#/build/}")
common=("${common[@]/%.c/.o}")

now_ms() { echo $(($(date +%s%N) / 1000000)); }
median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }

# The yardstick: compiling all sources, one after the other, and linking each
# program. A lesson's file takes the place of the one of the same name in
# common/.
compile_alone() { # SOURCE...
    local start file object mains=() parts=() given=()
    for object in "${common[@]}"; do
        file=${object##*/}
        case " ${*##*/} " in
        *" ${file%.o}.c "*) ;;
        *) given+=("$object") ;;
        esac
    done
    start=$(now_ms)
    for file; do
        object=${file##*/}
        object=$bench/alone/${object%.c}.o
        grep -q '^int main' "$file" && mains+=("$object") || parts+=("$object")
        # shellcheck disable=SC2086 # the flags are separate words
        $cc $flags -Icommon -c "$file" -o "$object" || return
    done
    for object in "${mains[@]}"; do
        # shellcheck disable=SC2086
        $cc -fsanitize=address,undefined -pthread "$object" \
            ${parts[@]+"${parts[@]}"} "${given[@]}" $libraries \
            -o "${object%.o}" || return
    done
    echo $(($(now_ms) - start))
}

# The verdict after an edit of all sources: recompile, link, run the checks,
# report. It is another edit each time: what has been compiled once is kept, and
# the time of a file says nothing. The checks at scale run when the others have
# passed; how long they took goes to $2.
edit_and_check() { # LESSON SCALE SOURCE...
    local start file line quick=0 done_ms=0 scale checks
    scale=$(cat tests/"$1"/grade*.c | grep -c '^GRADED_AT_SCALE')
    checks=$(cat tests/"$1"/grade*.c | grep -c '^GRADED')
    for file in "${@:3}"; do
        echo "// edited at $(date +%s%N)" >>"$file"
    done
    start=$(now_ms)
    # The first line of a check at scale comes once it is over; the quick ones
    # are over with the last line before.
    while read -r line; do
        case $line in
        ✗* | –*) echo "$1: $line" >&2; return 1 ;;
        ✓*) quick=$((quick + 1)) ;;
        esac
        [ "$quick" -eq $((checks - scale)) ] && [ "$done_ms" = 0 ] &&
            done_ms=$(now_ms)
    done < <(build/workbook check "$1" --from "$bench/sources")
    [ "$done_ms" != 0 ] || { echo "$1: too few checks" >&2; return 1; }
    [ "$scale" -eq 0 ] || echo $(($(now_ms) - done_ms)) >>"$2"
    echo $((done_ms - start))
}

measure() { # LESSON
    local sources alone check ratio verdict=missed
    mkdir -p "$bench/sources/$1"
    cp solutions/"$1"/*.[ch] "$bench/sources/$1/" || return
    sources=("$bench/sources/$1"/*.c)
    build/workbook check "$1" --from "$bench/sources" >/dev/null || return
    rm -f "$bench"/{alone,check,scale}.ms
    for _ in $(seq "$rounds"); do
        compile_alone "${sources[@]}" >>"$bench/alone.ms" || return
        edit_and_check "$1" "$bench/scale.ms" "${sources[@]}" \
            >>"$bench/check.ms" || return
    done
    alone=$(median <"$bench/alone.ms")
    check=$(median <"$bench/check.ms")
    ratio=$((check * 100 / alone))
    [ "$ratio" -gt $((100 * target)) ] || verdict=met
    printf '%s: compile and link alone %d ms, verdict after an edit %d ms %s\n' \
        "$1" "$alone" "$check" "(medians of $rounds)"
    printf '    %d.%02d times as long; target at most %d: %s\n' \
        $((ratio / 100)) $((ratio % 100)) $target $verdict
    [ ! -f "$bench/scale.ms" ] ||
        echo "    then the checks at scale take" \
            "$(median <"$bench/scale.ms") ms together"
}

rm -rf "$bench/sources" "$bench/alone"
mkdir -p "$bench/alone"
[ $# -gt 0 ] || mapfile -t lessons < <(build/workbook list --names)
for lesson in "${@-${lessons[@]}}"; do
    measure "$lesson" || exit 1
done

#!/bin/bash
# Measures how fast the verdicts come; `make bench` runs it. Each figure is
# taken side by side with its yardstick, in turns, so that a busy machine
# slows both.
set -u
cd "$(dirname "$0")/../.." || exit 1
make -s list >/dev/null || exit 1
export LC_ALL=C.UTF-8
rounds=${ROUNDS:-15}
cc=${CC:-cc}
flags=$(make -s flags)
bench=build/bench
libraries=$(pkg-config --libs jansson)

now_ms() { echo $(($(date +%s%N) / 1000000)); }
median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }

# The yardstick: compiling and linking the lesson's program alone, from all of
# its sources, one after the other.
compile_alone() {
    local start file object objects=() given=()
    # A lesson's file takes the place of the one of the same name in common/.
    for object in "${common[@]}"; do
        file=${object##*/}
        case " ${*##*/} " in
        *" ${file%.o}.c "*) ;;
        *) given+=("$object") ;;
        esac
    done
    start=$(now_ms)
    for file; do
        object=$bench/alone/${file##*/}
        objects+=("${object%.c}.o")
        # shellcheck disable=SC2086 # the flags are separate words
        $cc $flags -Icommon -c "$file" -o "${object%.c}.o" || exit 1
    done
    # shellcheck disable=SC2086
    $cc -fsanitize=address,undefined -pthread "${objects[@]}" "${given[@]}" \
        $libraries -o "$bench/alone/program" || exit 1
    echo $(($(now_ms) - start))
}

# The verdict after an edit of all sources: recompile, link, run the checks,
# report. Those at scale run when the others have passed; how long they took
# goes to $2.
edit_and_check() {
    local start scale line quick=
    scale=$(cat tests/"$1"/grade*.c | grep -c '^GRADED_AT_SCALE')
    touch "${@:3}"
    start=$(now_ms)
    # The first line of a check at scale comes once it is over; the quick ones
    # are over with the last line before.
    while read -r line; do
        case $line in
        ✗* | –*) echo "$1: $line" >&2; exit 1 ;;
        ✓*) quick=$((${quick:-0} + 1)) ;;
        esac
        [ "${quick:-0}" -eq "$((checks - scale))" ] && [ -z "${done_ms-}" ] &&
            done_ms=$(now_ms)
    done < <(build/workbook check "$1" --from "$bench/sources")
    [ "$scale" -eq 0 ] || echo $(($(now_ms) - done_ms)) >>"$2"
    echo $((done_ms - start))
    unset done_ms
}

# What the Makefile links to each program.
common=(common/*.c)
common=("${common[@]/#/build/}")
common=("${common[@]/%.c/.o}")
rm -rf "$bench/sources" "$bench/alone"
mkdir -p "$bench/alone"
for lesson in $(build/workbook list --names); do
    mkdir -p "$bench/sources/$lesson"
    cp solutions/"$lesson"/*.[ch] "$bench/sources/$lesson/"
    sources=("$bench/sources/$lesson"/*.c)
    build/workbook check "$lesson" --from "$bench/sources" >/dev/null || exit 1
    checks=$(cat tests/"$lesson"/grade*.c | grep -c '^GRADED')
    : >"$bench/alone.ms"
    : >"$bench/check.ms"
    : >"$bench/scale.ms"
    for _ in $(seq "$rounds"); do
        compile_alone "${sources[@]}" >>"$bench/alone.ms"
        edit_and_check "$lesson" "$bench/scale.ms" "${sources[@]}" \
            >>"$bench/check.ms"
    done
    alone=$(median <"$bench/alone.ms")
    check=$(median <"$bench/check.ms")
    echo "$lesson: compile and link alone $alone ms, verdict after an edit" \
        "$check ms (medians of $rounds): $((check * 100 / alone)) % of it"
    [ ! -s "$bench/scale.ms" ] ||
        echo "$lesson: then the checks at scale take" \
            "$(median <"$bench/scale.ms") ms together"
done

echo
bash tools/bench/throughput.sh || exit 1
bash tools/bench/app.sh || exit 1
echo

# How long it takes to name a hang: the longest check of programs that hang.
echo "named within, for programs that hang or spin (the check's own time):"
# Those whose first lines speak of it: to try all takes a quarter of an hour.
for file in $(grep -lE '^(Mistake|Says):.*(wait|spin|block|for ever|at once)' \
    tests/*/wrong/*.patch); do
    lesson=$(echo "$file" | cut -d/ -f2)
    check=$(sed -n 's/^Check: *//p' "$file")
    from="$bench/wrong"
    rm -rf "$from"
    mkdir -p "$from/$lesson"
    cp solutions/"$lesson"/*.[ch] "$from/$lesson/"
    (cd "$from/$lesson" && patch -p1 -s) <"$file" || continue
    build/workbook check "$lesson" --from "$from" --case "$check" --json \
        >"$bench/out" 2>/dev/null
    # Only those whose report speaks of waiting for ever, or of spinning.
    grep -qE 'waits|spins|sleeps and wakes' "$bench/out" || continue
    seconds=$(sed -n 's/.*"seconds": \([0-9.]*\).*/\1/p' "$bench/out")
    printf '  %.2f s  %s\n' "$seconds" "$(basename "$file" .patch)"
done | sort -rn | head -n 8

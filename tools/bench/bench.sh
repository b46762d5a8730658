#!/bin/bash
# Measures how fast the verdicts come, and what the solutions do in a second;
# `make bench` runs it. Each figure is taken side by side with its yardstick, in
# turns, so that a busy machine slows both.
set -u
cd "$(dirname "$0")/../.." || exit 1
make -s list >/dev/null || exit 1
export LC_ALL=C.UTF-8
bench=build/bench

bash tools/bench/verdicts.sh || exit 1
echo
bash tools/bench/frames.sh || exit 1
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

#!/bin/bash
# Grades a lesson's solution again and again, the second half of the times
# with every processor busy with other work, and counts what is not a full
# pass.
#
# usage: tools/bench/soak.sh [COUNT [LESSON]]      (500 times, lesson 01)
set -u
cd "$(dirname "$0")/../.." || exit 1
count=${1:-500} lesson=${2:-01}
make -s list >/dev/null || exit 1
bad=0 busy=()
trap '[ ${#busy[@]} -eq 0 ] || kill "${busy[@]}"' EXIT
for ((i = 1; i <= count; i++)); do
    if [ "$i" -eq $((count / 2 + 1)) ]; then
        for _ in $(seq "$(nproc)"); do
            while :; do :; done &
            busy+=($!)
        done
    fi
    if ! build/workbook check "$lesson" --from solutions --seed "$i" \
        >build/soak.out 2>&1; then
        bad=$((bad + 1))
        echo "grading $i:"
        cat build/soak.out
    fi
done
echo "lesson $lesson: $count gradings, the second half with $(nproc) busy" \
    "processors: $bad not a full pass"
[ "$bad" -eq 0 ]

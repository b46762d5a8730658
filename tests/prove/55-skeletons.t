#!/bin/bash
# Depends on: machine Makefile common lessons/LESSON solutions/LESSON
# Depends on: tests/LESSON tests/harness tests/probe.c tools
# A lesson's skeleton is what the generator makes, compiles, and fails with a
# word about the first TODO.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1
lesson=$1
folder=build/skeletons/$lesson

# Helpfully: it names the next TODO's function as not implemented.
fails() {
    local said status
    said=$(build/workbook check "$lesson" --from build/skeletons 2>&1)
    status=$?
    echo "$said"
    [ $status -eq 1 ] && grep -q "TODO that is open" <<<"$said"
}

try "$lesson is what the generator makes of the solution" \
    sh tools/skeletons.sh --check "$lesson"
mkdir -p "$folder"
for file in solutions/"$lesson"/*.[ch]; do
    awk -f tools/skeleton.awk "solutions/$lesson/holes" "$file" \
        >"$folder/${file##*/}"
done
try "$lesson compiles without a warning" make -s programs NAME="$lesson" \
    SRC=build/skeletons OUT=build/skeletons.out WERROR=-Werror
try "$lesson fails, and says which TODO is open" fails
finish

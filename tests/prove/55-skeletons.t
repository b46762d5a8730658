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
    [ $status -eq 1 ] && grep -q "TODO that is open" <<<"$said" &&
        grep -q "(later: needs TODO $((10#${lesson%%-*}))\." <<<"$said"
}

# The solution as far as the TODOs up to STEP go, and the skeleton from there.
lay_out_step() { # STEP FOLDER
    mkdir -p "$2" && awk -v step="$1" '
        /^== / { if (number > step) printf "%s", text; text = ""; number = 0 }
        { text = text $0 "\n" }
        match($0, /TODO [0-9]+\.[0-9]+/) {
            number = substr($0, RSTART, RLENGTH)
            sub(/.*\./, "", number)
            number += 0
        }
        END { if (number > step) printf "%s", text }' \
        "solutions/$lesson/holes" >"$2/holes"
    local file
    for file in solutions/"$lesson"/*.[ch]; do
        awk -f tools/skeleton.awk "$2/holes" "$file" >"$2/${file##*/}"
    done
}

# After each step, nobody sees red for work that is right: what can't be green
# yet says which TODO it needs.
steps_are_not_blamed() {
    local step steps from
    # What the last ones do, shows itself by what is done before.
    steps=$(sed -n 's,.*// TODO [0-9]*\.\([0-9]*\):.*,\1,p' "solutions/$lesson/holes" |
        sort -nu | head -n -1)
    for step in $steps; do
        from=build/skeletons.steps/$lesson.$step
        lay_out_step "$step" "$from/$lesson"
        build/workbook check "$lesson" --from "$from" --json 2>&1 |
            python3 -c '
import json, sys
said = sys.stdin.read()
checks = json.loads(said[said.index("{"):])["checks"]
red = [check["id"] for check in checks if check["outcome"] == "failed"]
needs = {check.get("needs") for check in checks}
assert not red, f"red: {red}"
assert needs - {None}, "nothing waits"' || {
            echo "after step $step"
            return 1
        }
    done
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
try "$lesson blames nobody for what is still to be written" \
    steps_are_not_blamed
finish

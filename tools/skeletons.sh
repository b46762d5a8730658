#!/bin/sh
# Makes the skeletons in lessons/ anew from the solutions.
#
# usage: tools/skeletons.sh                      writes them
#        tools/skeletons.sh --check [LESSON]     only says which differ; status 1
#                                                if any
#
# A lesson file with changes that git does not have is never overwritten.
set -u
cd "$(dirname "$0")/.." || exit 1
status=0
new=$(mktemp) || exit 1
trap 'rm -f "$new"' EXIT

# True if the file is as git has it, or isn't there.
is_safe() {
    [ ! -e "$1" ] && return 0
    git ls-files --error-unmatch "$1" >/dev/null 2>&1 &&
        git diff --quiet HEAD -- "$1" 2>/dev/null
}

for holes in solutions/${2-*}/holes; do
    folder=$(dirname "$holes")
    lesson=lessons/$(basename "$folder")
    for solution in "$folder"/*.[ch]; do
        skeleton=$lesson/$(basename "$solution")
        if ! awk -f tools/skeleton.awk "$holes" "$solution" >"$new"; then
            status=1
        elif cmp -s "$new" "$skeleton"; then
            :
        elif [ "${1-}" = --check ]; then
            echo "$skeleton is not what the generator makes of $solution"
            status=1
        elif is_safe "$skeleton"; then
            mkdir -p "$lesson" && cat "$new" >"$skeleton"
            echo "wrote $skeleton"
        else
            echo "$skeleton has changes: commit them or move it away first" >&2
            status=1
        fi
    done
done
exit $status

#!/bin/sh
# Tries one program of a lesson's bank on the lesson's grader.
#
# usage: tools/test-bank.sh tests/NN-name/wrong/NAME.patch
#        tools/test-bank.sh tests/NN-name/right/NAME.c
#
# A wrong program is a patch on the solution. Its first lines say which check
# must catch it and which words must stand in the explanation:
#     Mistake: one sentence
#     Check: echoes_a_message
#     Says: htons
# A right program differs from the solution, and must pass every check (or
# those with TEXT in their name, if it has a line "// Case: TEXT").
# Prints one line, "ok ..." or "FAIL ..."; exit status 1 for the latter.
set -u
file=$1
lesson=$(echo "$file" | cut -d/ -f2)
name=$(basename "$file" | sed 's/\.[a-z]*$//')
kind=$(basename "$(dirname "$file")")
bank=build/bank/$lesson-$kind-$name
output=$bank/output

verdict() { # verdict ok|FAIL WHY
    printf '%-4s %s %s/%s%s\n' "$1" "$lesson" "$kind" "$name" "${2:+: $2}"
    [ "$1" = ok ] && exit 0
    sed 's/^/       /' "$output"
    exit 1
}

grade() { build/workbook check "$lesson" --from "$bank" "$@" >"$output" 2>&1; }

field() { sed -n "s/^$1: *//p" "$file" | head -n 1; }

mkdir -p "$bank/$lesson"
if [ "$kind" = right ]; then
    for solution in solutions/"$lesson"/*.c; do
        cmp -s "$file" "$bank/$lesson/$(basename "$solution")" ||
            cp "$file" "$bank/$lesson/$(basename "$solution")"
    done
    # A program of millions of calls would take minutes for the large
    # payloads: its line "// Case: TEXT" names the checks that it is tried on.
    only=$(sed -n 's,^// Case: *,,p' "$file")
    grade ${only:+--case "$only"} ||
        verdict FAIL "is right, but did not pass"
    verdict ok
fi

cp solutions/"$lesson"/*.[ch] "$bank/$lesson/" 2>/dev/null
(cd "$bank/$lesson" && patch -p1 -s --no-backup-if-mismatch) <"$file" \
    >"$output" 2>&1 || verdict FAIL "the patch does not apply"
check=$(field Check)
says=$(field Says)
[ -n "$check" ] && [ -n "$says" ] || verdict FAIL "has no Check: or Says: line"
grade --case "$check"
status=$?
[ $status -eq 1 ] || verdict FAIL "$check did not catch it (status $status)"
# The explanation is broken into lines: join them before looking.
tr -s ' \n' '  ' <"$output" | grep -qF -- "$says" ||
    verdict FAIL "$check does not say \"$says\""
verdict ok "$check"

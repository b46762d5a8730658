#!/bin/sh
# Tries one program of a lesson's bank on the lesson's grader.
#
# usage: tools/test-bank.sh tests/NN-name/wrong/NAME.patch
#        tools/test-bank.sh tests/NN-name/right/NAME.c
#        tools/test-bank.sh tests/NN-name/right/NAME.patch
#
# A wrong program is a patch on the solution. Its first lines say which check
# must catch it and which words must stand in the explanation:
#     Mistake: one sentence
#     Check: echoes_a_message
#     Says: htons
# A right program differs from the solution, and must pass every check (or
# those with TEXT in their name, if it has a line "Case: TEXT"). One of another
# design is a whole program, NAME.c, and says "// Case: TEXT"; one that is near
# the solution is a patch on it, too:
#     Differs: one sentence
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
    cat "$output.compiler" "$output" 2>/dev/null | sed 's/^/       /'
    exit 1
}

# What the compiler says is kept apart: it is no part of an explanation.
grade() {
    build/workbook check "$lesson" --from "$bank" "$@" \
        >"$output" 2>"$output.compiler"
}

# What newer compilers refuse, an older one is to refuse too: else the bank
# would depend on the compiler.
compiles_anywhere() {
    for source in "$bank/$lesson"/*.c; do
        cmp -s "$source" "solutions/$lesson/${source##*/}" ||
            cc -std=gnu17 -fsyntax-only -Icommon \
                -Werror=implicit-function-declaration -Werror=implicit-int \
                -Werror=int-conversion -Werror=incompatible-pointer-types \
                "$source" 2>"$output.compiler" || return
    done
}

field() { sed -n "s/^$1: *//p" "$file" | head -n 1; }

# A program in one file has nothing in the place of the solution's files
# without main().
place_whole() {
    for solution in solutions/"$lesson"/*.[ch]; do
        whole=/dev/null
        ! grep -q '^int main.' "$solution" || whole=$file
        cat "$whole" >"$bank/$lesson/${solution##*/}"
    done
}

place_patched() {
    cp solutions/"$lesson"/*.[ch] "$bank/$lesson/" 2>/dev/null
    (cd "$bank/$lesson" && patch -p1 -s --no-backup-if-mismatch) <"$file" \
        >"$output" 2>&1 || verdict FAIL "the patch does not apply"
}

rm -rf "${bank:?}/$lesson"
mkdir -p "$bank/$lesson"
case $file in
*.patch) place_patched ;;
*) place_whole ;;
esac
compiles_anywhere || verdict FAIL "does not compile everywhere"
if [ "$kind" = right ]; then
    # A program of millions of calls would take minutes for the large
    # payloads: its Case: names the checks that it is tried on.
    only=$(sed -n 's,^\(// \)*Case: *,,p' "$file")
    [ "${file##*.}" = c ] || [ -n "$(field Differs)" ] ||
        verdict FAIL "has no Differs: line"
    grade ${only:+--case "$only"} ||
        verdict FAIL "is right, but did not pass"
    verdict ok
fi
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

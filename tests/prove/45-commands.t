#!/bin/bash
# Depends on: machine Makefile common lessons solutions tools tests/01-echo-server
# Depends on: tests/11-select-server tests/harness tests/probe.c
# Proves that the runner's commands are what its usage text says, and that its
# lists of lessons, for people, for shells and as JSON, are the same.
# shellcheck source=tests/prove/proof.sh
. "$(dirname "$0")/proof.sh" || exit 1
make -s build/graders/01-echo-server build/graders/11-select-server \
    build/probe build/workbook || exit 1

# runs COMMAND...: as on_machine, but this one.
runs() {
    "$@" >"$work/out" 2>"$work/said" </dev/null
    status=$?
    said=$(cat "$work/said")
}

prints() { # TEXT
    grep -qF -- "$1" "$work/out" || because "does not print \"$1\""
}

# A command is a file of the folder, a row of the table, and a line of the
# usage text.
commands_are_in_the_usage() {
    local file name
    runs build/workbook --help
    ends_with 0 || return
    sed -n 's/^ *workbook \([a-z][a-z]*\) .*/\1/p' "$work/out" | sort >"$work/used"
    for file in tools/workbook/commands/*.c; do
        name=$(basename "$file" .c)
        [ "$name" = next ] || echo "$name" # that is typed without a name
    done | sort >"$work/written"
    diff "$work/used" "$work/written" >"$work/said" ||
        because "the usage text and the folder differ"
}

unknown_command() {
    runs build/workbook watch
    ends_with 2 && says "there is no command 'watch'" "workbook turns" &&
        runs make -s watch && ends_with 2 && says "workbook turns"
}

bad_arguments() {
    runs build/workbook ""
    ends_with 2 && says "there is no command ''" || return
    runs build/workbook check 01 02 03
    ends_with 2 && says "one argument too many: '02'" || return
    runs build/workbook check 99
    ends_with 2 && says "there is no lesson '99'" 01-echo-server || return
    runs build/workbook --nonsense
    ends_with 2 && says nonsense "usage: workbook"
}

# By the folders, as nobody but this test may.
lists_are_the_same() {
    local grader
    for grader in tests/[0-9]*/grade.c; do
        basename "$(dirname "$grader")"
    done >"$work/folders"
    runs build/workbook list --names
    ends_with 0 || return
    diff "$work/folders" "$work/out" >"$work/said" ||
        because "--names are not the folders" || return
    runs build/workbook list
    ends_with 0 || return
    sed -n 's/^  \(done\|    \)  \([^ ]*\).*/\2/p' "$work/out" |
        diff "$work/folders" - >"$work/said" ||
        because "the list for people has others" || return
    runs build/workbook list --json
    ends_with 0 || return
    python3 - "$work/folders" "$work/out" >"$work/said" 2>&1 <<'END' ||
import glob, json, os.path, sys

folders = open(sys.argv[1]).read().split()
lessons = json.load(open(sys.argv[2]))["lessons"]
assert [lesson["name"] for lesson in lessons] == folders, lessons
for lesson in lessons:
    name = lesson["name"]
    assert lesson["number"] == name[:2], lesson
    paths = glob.glob(f"solutions/{name}/*.[ch]")
    assert lesson["files"] == sorted(map(os.path.basename, paths)), lesson
    heading = open(f"lessons/{name}/README.md").readline()
    assert "# " + lesson["heading"] + "\n" == heading, lesson
END
        because "the JSON has others"
}

turns_are_shown() {
    runs build/workbook turns 11 --from solutions
    # Where ptrace(2) is refused, it says that there is nothing to be seen.
    [ "$status" -ne 3 ] || skip "no ptrace here" || return
    ends_with 0 && prints "the turns of your loop" && prints "select(" ||
        return
    runs build/workbook turns 01 --from solutions
    ends_with 2 && prints "Lesson 01 has no turns to show"
}

try "the usage text has the commands that there are" commands_are_in_the_usage
try "a command that there is not" unknown_command
try "arguments that can't be right" bad_arguments
try "the lists of lessons are the same" lists_are_the_same
try "the turns of a loop are shown" turns_are_shown
finish

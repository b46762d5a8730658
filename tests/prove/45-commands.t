#!/bin/bash
# Depends on: machine Makefile common lessons solutions tools tests/01-echo-server
# Depends on: tests/11-select-server tests/15-app-server tests/16-app-client
# Depends on: tests/harness tests/probe.c
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

# Which call a text shows at which line. Times and numbers are of one run.
calls_at_lines() { # FILE
    sed -nE 's/.*[^a-z0-9_]([a-z_0-9]+)\(.* ([a-z_]+\.c)?:([0-9]+)$/\1 \2:\3/p' "$1" |
        sort -u
}

turns_are_as_printed() {
    local text name
    for text in $(grep -l '^## See the turns' lessons/*/README.md); do
        name=$(basename "$(dirname "$text")")
        make -s "build/graders/$name" || return
        runs build/workbook turns "$name" --from solutions
        ends_with 0 || return
        calls_at_lines "$work/out" >"$work/real"
        sed -n '/^## See the turns/,/^## [^S]/p' "$text" >"$work/section"
        calls_at_lines "$work/section" >"$work/shown"
        [ -s "$work/shown" ] || because "$text shows no turn" || return
        comm -13 "$work/real" "$work/shown" >"$work/said"
        [ ! -s "$work/said" ] ||
            because "$text has a call at another line" || return
    done
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

# submit CODE: the solution of lesson 01 with that at its end.
submit() {
    mkdir -p "$work/mine/01-echo-server"
    { cat solutions/01-echo-server/echo_server.c; echo "$1"; } \
        >"$work/mine/01-echo-server/echo_server.c"
}

# What would work by luck, or not, is not built, and a sentence says why.
bugs_stop_the_build() {
    local code sentence
    while IFS='|' read -r code sentence; do
        submit "$code"
        runs build/workbook check 01 --from "$work/mine"
        ends_with 1 && says "does not compile; nothing was run" \
            "The first error:" ||
            return
        said=$(tr -s '\n ' '  ' <<<"${said##*The first error:}")
        says "echo_server.c:" "$sentence" || return
        ! grep -q points "$work/out" || because "it was graded" || return
    done <<'END'
int f(int n); int f(int n) { if (n > 0) return 1; }|has to return what its first line promises
int f(void); int f(void) { return lisen(3); }|knows no function of that name
extern n;|lacks its type
int f(char *p); int f(char *p) { int n = p; return n; }|A number stands where an address
int *f(char *p); int *f(char *p) { int *n = p; return n; }|A pointer to something else
void f(size_t n); void f(size_t n) { printf("%s", n); }|What stands behind the format
int f(void); int f(void) { return nothing; }|Nothing of that name is known
int g(void); int f(void); int f(void) { return g(); }|written nowhere
int f(void); int f(void) { return 1 }|The compiler got lost here
END
}

# What else there is, is shown, and stops nothing. One that counts as the same
# for a compiler, and is not always a bug, is among that.
warnings_stop_nothing() {
    submit 'void f(char *p); void f(char *p) { unsigned char *q = p; char b[2];
    printf("%d\n", *q, 1); printf(""); snprintf(b, 2, "%s", "abc"); puts(b); }'
    runs build/workbook build 01 --from "$work/mine"
    ends_with 0 && says "pointer-sign" "format-extra-args" || return
    # They are repeated at the end, also where nothing is compiled any more.
    runs build/workbook check 01 --from "$work/mine" --case asks_for
    ends_with 0 && says_nothing && prints "The compiler warned:" &&
        prints "and 1 more" || return
    # Nor has another compiler other names for it than the Makefile knows.
    command -v clang >"$work/said" || skip "no clang here" || return
    local flags
    flags=$(make -s flags B=build/clang CC=clang) || because "no flags" || return
    # shellcheck disable=SC2086 # they are separate words
    runs clang $flags -Icommon -c -o /dev/null \
        "$work/mine/01-echo-server/echo_server.c"
    ends_with 0 || return
    [[ $said != *unknown* ]] || because "clang does not know a flag" || return
    submit 'int f(int n); int f(int n) { if (n > 0) return 1; }'
    # shellcheck disable=SC2086 # they are separate words
    runs clang $flags -Icommon -c -o /dev/null \
        "$work/mine/01-echo-server/echo_server.c"
    ends_with 1 && says "[-Werror,-Wreturn-type]"
}

# --- by way of make -----------------------------------------------------------

# in_copy COMMAND...: in a copy, as others grade here, too.
in_copy() {
    [ -d "$work/copy" ] || copy_tree copy || because "no copy" || return
    runs env -C "$work/copy" "$@"
}
# Nothing that make says of itself stands behind what the runner says.
make_is_silent() {
    [[ $said != *"***"* ]] || because "make speaks of an error"
}

make_ends_as_the_runner() {
    in_copy make check LESSON=01 CASE=asks_for_its_arguments
    ends_with 0 && make_is_silent || return
    in_copy make check LESSON=01 CASE=echoes
    ends_with 1 && make_is_silent || return
    in_copy make check LESSON=99
    ends_with 2 && says "there is no lesson '99'" || return
    in_copy make
    ends_with 1 && make_is_silent && prints "next: lessons/01-echo-server"
}

# What is easily mistyped is not passed over in silence.
make_names_are_explained() {
    in_copy make check LESSON=
    ends_with 2 && says "LESSON is empty" "LESSON=01" || return
    in_copy make check lesson=01
    ends_with 2 && says "say LESSON=01" || return
    in_copy make check LESSON=01 case="it's \$(date) 'x" from=/
    ends_with 2 && says "say CASE=it's \$(date) 'x"
}

# There is a hint at any time, and it is about what was last.
hints_about_no_check() {
    in_copy rm -rf build/state
    in_copy make hint
    ends_with 0 && prints "Nothing has been graded yet" || return
    in_copy make check LESSON=01 CASE=asks_for_its_arguments
    in_copy make hint
    ends_with 0 && prints "has passed" || return
    submit 'int f(int n); int f(int n) { if (n > 0) return 1; }'
    in_copy make check LESSON=01 FROM="$work/mine"
    ends_with 1 && make_is_silent || return
    in_copy make hint
    ends_with 0 && prints "It does not compile yet" && prints "[-W" &&
        prints "has to return what its first line promises"
}

# With its whole first sentence; the rest of its comment is the hint.
next_todo_is_named() {
    in_copy sed -i 's/TODO 1\.1:/1.1 is done:/' lessons/01-echo-server/echo_server.c
    in_copy make
    ends_with 1 && prints "later: needs TODO" && prints "No check has failed" &&
        prints "TODO 1.2: make a TCP socket" &&
        prints "  it to *address, and listen." || return
    in_copy make hint
    ends_with 0 && prints "Call: socket(2), setsockopt(2)" &&
        prints "Proof: make check"
}

# grades_before_main CHECK CODE: a program that does that before its main(). Why
# it failed is known without a tracer, too.
grades_before_main() {
    submit "#include <signal.h>
    __attribute__((constructor)) static void f(void) { $2; }"
    in_copy make check LESSON=01 CASE="$1" FROM="$work/mine"
    ends_with 1 && make_is_silent && prints "hint:  make hint"
}

asks=(make hint)
# hints STEP CHECK: that hint is given, below what the check promises.
hints() {
    local step="($1 of 3; make hint again for the next)"
    [ "$1" -lt 3 ] || step="(3 of 3)"
    in_copy "${asks[@]}"
    ends_with 0 && says_nothing && [ "$(tail -n 1 "$work/out")" = "  $step" ] ||
        because "does not end with \"$step\"" || return
    prints "$(sed -n "/^GRADED($2,/{n;s/^ *\"\(.*\)\",\$/\1/p}" \
        tests/01-echo-server/grade*.c)"
}

hints_lead_on() {
    local first third
    in_copy rm -rf build/state
    grades_before_main echoes_a_message '_exit(2)' || return
    hints 1 echoes_a_message || return
    first=$(cat "$work/out")
    # Who tries again goes on.
    grades_before_main echoes_a_message '_exit(2)' &&
        hints 2 echoes_a_message && hints 3 echoes_a_message || return
    third=$(cat "$work/out")
    [ "$third" != "$first" ] || because "the third is the first" || return
    hints 3 echoes_a_message || return
    [ "$third" = "$(cat "$work/out")" ] || because "it is another third"
}

hints_begin_anew() {
    grades_before_main echoes_a_message 'raise(SIGUSR1)' &&
        hints 1 echoes_a_message && hints 2 echoes_a_message || return
    grades_before_main ends_with_its_client 'raise(SIGUSR1)' &&
        hints 1 ends_with_its_client || return
    grades_before_main ends_with_its_client '_exit(2)' &&
        hints 1 ends_with_its_client
}

# What was written down is damaged, or older than what is here.
hints_of_damaged_state() {
    local state=$work/copy/build/state text asks=(build/workbook hint)
    grades_before_main echoes_a_message '_exit(2)' || return
    for text in '' '\377\0\n' '01-echo-server echoes_a_message' \
        '01-echo-server echoes_a_message arguments_refused -2147483649' \
        '01-echo-server echoes_a_message arguments_refused 0'; do
        # shellcheck disable=SC2059 # it has bytes in it
        printf "$text" >"$state/step"
        hints 1 echoes_a_message || because "after '$text'" || return
    done
    rm "$state/step" && mkdir "$state/step" && hints 1 echoes_a_message &&
        hints 1 echoes_a_message && rmdir "$state/step" || return
    # There it is the check that has a hint, or nobody.
    for text in '01-echo-server echoes_a_message' \
        '01-echo-server echoes_a_message \n' \
        '01-echo-server echoes_a_message elephants 3'; do
        # shellcheck disable=SC2059
        printf "$text" >"$state/failure"
        in_copy "${asks[@]}"
        ends_with 0 && says_nothing && prints "How many of them do you send" ||
            because "after '$text'" || return
        ! grep -q "of 3" "$work/out" || because "counts, after '$text'" || return
    done
    for text in '' '\377\0\n' '01-echo-server e spin' '01 echoes_a_message spin' \
        '99-elephants echoes_a_message spin' '../.. x spin'; do
        # shellcheck disable=SC2059
        printf "$text" >"$state/failure"
        in_copy "${asks[@]}"
        ends_with 0 && says_nothing && prints "Nothing has been graded yet" ||
            because "after '$text'" || return
    done
}

try "the usage text has the commands that there are" commands_are_in_the_usage
try "a command that there is not" unknown_command
try "arguments that can't be right" bad_arguments
try "the lists of lessons are the same" lists_are_the_same
try "the turns of a loop are shown" turns_are_shown
try "the turns in the texts are those of the solutions" turns_are_as_printed
try "warnings that are always bugs stop the build" bugs_stop_the_build
try "all others stop nothing" warnings_stop_nothing
try "make ends as the runner does" make_ends_as_the_runner
try "names that are mistyped" make_names_are_explained
try "a hint where no check has failed" hints_about_no_check
try "hints lead on, from one to the next" hints_lead_on
try "another check or another cause has hints of its own" hints_begin_anew
try "hints after what was written down is damaged" hints_of_damaged_state
try "the next TODO is named" next_todo_is_named
finish

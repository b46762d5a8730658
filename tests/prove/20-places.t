#!/bin/bash
# Depends on: machine Makefile common lessons solutions tools tests/01-echo-server
# Depends on: tests/harness tests/probe.c tests/fuzz
# Proves that the workbook can be used in odd places and with odd names, or
# says why not.
# shellcheck source=tests/prove/proof.sh
. "$(dirname "$0")/proof.sh" || exit 1

copy_to() { # FOLDER: the workbook as it came, without what was built
    mkdir -p "$1"
    (cd "$root" && cp -R Makefile common lessons solutions tests tools "$1")
}

# in_folder FOLDER COMMAND...: as on_machine, but this one.
in_folder() {
    local folder=$1
    shift
    (
        # Not in the folder that all other parts use: to it that would be
        # another compiler.
        [ "$folder" = "$root" ] || remember_compiles "$root"
        cd "$folder" && "$@"
    ) >"$work/out" 2>"$work/said" </dev/null
    status=$?
    said=$(cat "$work/said")
}

# Besides what is said for a person, make itself says a line.
says_one_line_of_make() {
    [ "$(grep -c '\*\*\*' "$work/said")" -eq 1 ] || because "make says more"
}

read_only_folder() {
    copy_to "$work/other's"
    chmod -R a-w "$work/other's"
    local user=()
    if [ "$(id -u)" -eq 0 ]; then
        user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
        "${user[@]}" true 2>/dev/null || skip "can't be another user" || return
        # Its parents may be closed to others.
        "${user[@]}" test -r "$work/other's/Makefile" ||
            skip "another user can't look into $work" || return
    fi
    in_folder "$work/other's" "${user[@]}" make list
    ends_with 2 && says "nothing can be written to $work/other's/build" \
        "Copy the workbook" && says_once && says_one_line_of_make
}

folder_without_programs() {
    local mounted="mount -t tmpfs -o noexec tmpfs $work/noexec"
    mkdir -p "$work/noexec"
    unshare -rm sh -c "$mounted" 2>/dev/null ||
        skip "can't mount anything here" || return
    export -f copy_to
    in_folder "$root" unshare -rm bash -c "$mounted && root=$root &&
        copy_to $work/noexec && cd $work/noexec && make list"
    ends_with 2 && says "no program can be run in $work/noexec" noexec &&
        says_once && says_one_line_of_make
}

# All that a person calls, from a copy that lost the permission to run it.
scripts_without_permission() {
    copy_to "$work/plain"
    find "$work/plain" -type f -exec chmod a-x {} +
    in_folder "$work/plain" make check LESSON=01 FROM=solutions \
        CASE=asks_for_its_arguments
    ends_with 0 || return
    in_folder "$work/plain" make fuzz SECONDS=none
    ends_with 2 && says "SECONDS is not a number" || return
    in_folder "$work/plain" make skeletons
    ends_with 0 || return
    # The scripts among each other.
    grep -nE '(^|[^a-z/"])(tools|tests)/[a-z/-]+\.sh' "$root/Makefile" \
        "$root"/tools/{,bench/}*.sh | grep -vE ':[0-9]+: *#|(ba)?sh (tools|tests)/' |
        grep -vE "usage|printf|grep '" >"$work/said"
    [ ! -s "$work/said" ] || because "a script needs permission to be run"
}

# The folder of the whole workbook, and one that it is told about.
folders_with_odd_names() {
    local name="it's \"\$HOME\" \`x\` #1"
    copy_to "$work/$name"
    cp -R solutions "$work/$name/mine & its $(printf '\t')"
    in_folder "$work/$name" make check LESSON=01 \
        CASE=asks_for_its_arguments FROM="mine & its $(printf '\t')"
    ends_with 0 || return
    in_folder "$work" make -C "$work/$name" check LESSON=01 \
        CASE=asks_for_its_arguments FROM="$work/$name/solutions"
    ends_with 0
}

# What is typed behind LESSON= and the like is no command.
words_stay_words() {
    local name word="it's; touch $work/touched; \$(touch $work/touched) \\"
    for name in LESSON CASE SEED FROM; do
        in_folder "$root" make check LESSON=01 FROM=solutions "$name=$word"
        ends_with 2 && says "'$word'" || return
        in_folder "$root" env "$name=$word" make check
        ends_with 2 && says "'$word'" || return
    done
    in_folder "$root" make list CC="$word"
    ends_with 2 && says "There is no compiler 'it's;'" &&
        says_one_line_of_make || return
    in_folder "$root" make fuzz SECONDS="$word"
    ends_with 2 && says "'$word'" || return
    [ ! -e "$work/touched" ] || because "a word was run as a command"
}

# --- all of it ---------------------------------------------------------------

make -s list >/dev/null || exit 1

try "a folder that can't be written to" read_only_folder
try "a folder that no program is run in" folder_without_programs
try "scripts without permission to be run" scripts_without_permission
try "folders with odd names" folders_with_odd_names
try "words that look like commands" words_stay_words
finish

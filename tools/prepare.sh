#!/bin/sh
# Run by the Makefile before it builds anything: sees to it that make, which
# only knows times, builds what has changed in content. Times lie: tar, git
# checkouts, touch(1) and a clock that was set back all make an old result look
# new.
#
# usage: tools/prepare.sh BUILD COMPILER
#
#   BUILD/contents/FILE   for each of the workbook's own source files: what is
#                         built of FILE depends on this one, whose time is
#                         when FILE's content was last seen to have changed
#   BUILD/contents/sums   the content of all of them, as sha256sum(1) has it
#   BUILD/compiler        which compiler it is; changes when it does
#   BUILD/config.mk       what tools/setup.sh found, for that compiler
#
# Prints "ready", or says on stderr what is wrong. Two of them at a time do no
# harm to each other.
set -u
build=$1 compiler=$2
contents=$build/contents

fail() {
    printf 'workbook: %s\n' "$*" >&2
    exit 1
}

sums() {
    # Not with git: it may be missing, and new files count too.
    {
        find Makefile common tests tests/[0-9]* tools -maxdepth 1 -type f \
            \( -name '*.[ch]' -o -name Makefile -o -name setup.sh \) -print0
        find tests/harness tests/unit tools/workbook -name '*.[ch]' -type f \
            -print0
    } | xargs -0 sha256sum -- | grep -x '[A-Za-z0-9_./ -]*' | sort -k 2
}

# Removes what was built of the file, and all that may be linked with that. Its
# time may be one of the future, so it would be taken for new.
forget() {
    grep -rlF --include='*.d' "$contents/$1" "$build"/harness "$build"/checks \
        "$build"/tools "$build"/unit "$build"/common 2>/dev/null |
        while IFS= read -r note; do
            rm -f "${note%.d}.o"
        done
    rm -rf "${build:?}/graders" "$build/unit/unit" "$build/workbook" \
        "$build/probe"
}

note_contents() {
    new=$contents/sums.$$
    sums >"$new" || return
    if cmp -s "$new" "$contents/sums"; then
        rm -f "$new"
        return
    fi
    touch "$contents/sums"
    # The sum has 64 digits, behind which stand two blanks.
    awk 'FILENAME == ARGV[1] { old[$0]; next }
         !($0 in old) { print substr($0, 67) }' "$contents/sums" "$new" |
        while IFS= read -r file; do
            forget "$file"
            mkdir -p "$(dirname "$contents/$file")" &&
                touch "$contents/$file" || exit 1
        done && mv "$new" "$contents/sums"
}

# Its name as given, and the file that this stands for.
identity() {
    # shellcheck disable=SC2086 # "ccache gcc" is two words
    set -- $compiler
    path=$(command -v "${1-}") || fail "there is no compiler '$compiler'"
    printf '%s %s\n' "$compiler" "$(stat -Lc '%n %s %Y' "$path")"
}

note_compiler() {
    which=$(identity) || return
    [ -e "$build/compiler" ] && [ "$which" = "$(cat "$build/compiler")" ] &&
        return
    echo "$which" >"$build/compiler.$$" &&
        mv "$build/compiler.$$" "$build/compiler"
}

# What config.mk is for: this compiler and this set-up script.
key() {
    named=$(identity) || return
    echo "# $(grep ' tools/setup.sh$' "$contents/sums") $named"
}

note_config() {
    if [ -e "$build/config.mk" ]; then
        IFS= read -r first <"$build/config.mk"
        [ "$first" != "$(key 2>/dev/null)" ] || return 0
    fi
    runs_programs || fail "no program can be run in $where.
The file system there may be mounted with noexec.
$copy"
    # Set-up may bring the compiler, so what it is is known only then.
    new=$build/config.mk.$$
    CC=$compiler sh tools/setup.sh >"$new.found" &&
        { key && cat "$new.found"; } >"$new" && mv "$new" "$build/config.mk"
    result=$?
    rm -f "$new" "$new.found"
    return $result
}

# False where the kernel refuses to run what is built.
runs_programs() {
    program=$build/runs.$$
    printf '#!/bin/sh\n' >"$program" && chmod +x "$program" &&
        "$program" 2>/dev/null
    result=$?
    rm -f "$program"
    return $result
}

case $build in
/*) where=$build ;;
*) where=$(pwd)/$build ;;
esac
copy="Copy the workbook to a folder of your own, and type make there:
  cp -R '$(pwd)' ~/workbook"
if ! mkdir -p "$contents" "$build/tmp" 2>/dev/null || ! [ -w "$contents" ]; then
    fail "nothing can be written to $where.
$copy"
fi
note_contents || fail "cannot write below $where"
note_config && note_compiler || exit 1
echo ready

# proof: what the parts setup and places are written with; both source it.
#
# A machine is a folder with links to all programs of this one but some. Its
# apt-get and sudo only say what they were asked for, and give back links.
# shellcheck shell=bash
# shellcheck source=tests/prove/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh" || exit 1
# shellcheck disable=SC2034 # the parts use it
root=$PWD
# What a make above us was told is not for those below.
unset MAKEFLAGS MAKELEVEL MFLAGS LESSON FROM CASE SEED VERBOSE CC YES
export LC_ALL=C
work=$(mktemp -d) || exit 1
chmod 755 "$work" # another user looks into it, too
machine=$work/machine

end() {
    jobs -p | xargs -r kill 2>/dev/null
    chmod -R u+w "$work"
    rm -rf "$work"
}
trap end EXIT
trap 'exit 1' INT TERM HUP

# try NAME COMMAND...: one case. The command says why it failed, or returns 2
# after saying why it can't be tried here.
try() {
    local name=$1 status
    shift
    : >"$work/why"
    "$@"
    status=$?
    case $status in
    0) ok "$name" ;;
    2) skipped "$name" "$(cat "$work/why")" ;;
    *) not_ok "$name" "$(head -n 1 "$work/why")" <"$work/said" ;;
    esac
}

because() {
    echo "$*" >>"$work/why"
    return 1
}

skip() {
    echo "$*" >>"$work/why"
    return 2
}

# --- machines ----------------------------------------------------------------

# fake NAME: a program of the machine's, whose script is standard input.
fake() {
    rm -f "${machine:?}/$1"
    { echo '#!/bin/sh'; cat; } >"$machine/$1"
    chmod +x "$machine/$1"
}

# without NAME...: takes programs away; apt-get can bring them back.
without() {
    local name
    mkdir -p "$machine.store"
    for name; do
        [ ! -L "$machine/$name" ] || mv "$machine/$name" "$machine.store/"
    done
}

new_machine() {
    local folders folder
    rm -rf "$machine" "$machine.store" "$work/apt"
    if [ ! -d "$machine.all" ]; then
        mkdir "$machine.all"
        IFS=: read -ra folders <<<"$PATH"
        for folder in "${folders[@]}"; do
            [ ! -d "$folder" ] || ln -s "$folder"/* "$machine.all" 2>/dev/null
        done
    fi
    cp -R "$machine.all" "$machine"
    without apt-get sudo
    # shellcheck disable=SC2016 # the script's own
    echo 'case ${1-} in -u) echo 0 ;; esac' | fake id
    echo "exec $(command -v env) \"\$@\"" | fake env
}

# An apt-get that can install what the machine is without, after the commands
# on standard input. It notes in apt what it was asked for.
with_apt_get() {
    { cat <<END; cat; cat <<'END'; } | fake apt-get
machine=$machine apt=$work/apt
END
while [ $# -gt 0 ]; do
    case $1 in
    -o) shift ;;
    -*) ;;
    *) asked="${asked-}${asked+ }$1" ;;
    esac
    shift
done
on_asked
echo "$asked" >>"$apt"
case $asked in install*) mv "$machine.store"/* "$machine" 2>/dev/null ;; esac
exit 0
END
}

# on_machine COMMAND...: $said is what it writes to stderr and $status how it
# ends; what it writes to standard output is in the file out.
on_machine() {
    PATH=$machine "$@" >"$work/out" 2>"$work/said" </dev/null
    status=$?
    said=$(cat "$work/said")
}

set_up() { on_machine sh tools/setup.sh "$@"; }
set_up_with_yes() { on_machine env YES=1 sh tools/setup.sh; }

# --- what is expected --------------------------------------------------------

ends_with() { # STATUS
    [ "$status" -eq "$1" ] || because "ends with status $status, not $1"
}

says() { # TEXT...
    local text
    for text; do
        [[ $said = *"$text"* ]] || because "does not say \"$text\"" || return
    done
}

# Nothing is said twice.
says_once() {
    local twice
    twice=$(sort "$work/said" | uniq -d | head -n 1)
    [ -z "$twice" ] || because "says twice: $twice"
}

says_nothing() { [ -z "$said" ] || because "says: $said"; }

found_all() {
    ends_with 0 || return
    grep -q '^LIBRARY_LIBS := .*-ljansson' "$work/out" ||
        because "does not write what it found"
}

apt_was_asked() { # PATTERN: of the lines of apt, each ending in a comma
    local asked=
    [ ! -e "$work/apt" ] || asked=$(tr '\n' ',' <"$work/apt")
    # shellcheck disable=SC2053 # it is a pattern
    [[ $asked = $1 ]] || because "apt-get was asked for \"$asked\", not \"$1\""
}

#!/bin/bash
# Runs one part of the proof, tests/prove/NN-NAME.t, for `prove`: PART, or
# PART:LESSON for one that is run for each lesson. What the part says, which is
# TAP, goes to standard output and to build/prove/tap/.
#
# Where it has passed before, and nothing that it depends on has changed since,
# it is not run: what it said then is said again. What it depends on is in its
# first lines, as "# Depends on: PATH...", in which LESSON stands for the lesson
# and "machine" for the compilers, the packages and the user; a part without
# such a line is run every time. FRESH=1 believes nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
part=${1%%:*} lesson=
[ "$part" = "$1" ] || lesson=${1#*:}
name=$(basename "$part" .t)${lesson:+:$lesson}
said=build/prove/tap/$name
known=
mkdir -p build/prove/tap build/prove/known || exit 1

machine() {
    uname -srm
    id -u
    gcc --version
    clang --version
    ldd --version
    cat /var/lib/dpkg/status 2>/dev/null
}

depends=$(sed -n '2,20s/^# Depends on: *//p' "$part" | tr '\n' ' ')
if [ "$depends" ]; then
    # shellcheck disable=SC2086 # the paths are separate words
    paths=$(printf '%s ' ${depends//LESSON/$lesson} | sed 's/machine //')
    # shellcheck disable=SC2086
    known=build/prove/known/$name.$({
        machine
        find $paths "$part" tests/prove/*.sh -type f -print0 | sort -z |
            xargs -0 sha256sum
    } 2>&1 | sha256sum | cut -c 1-32)
fi
if [ "$known" ] && [ -e "$known" ] && [ ! "${FRESH-}" ]; then
    echo "# nothing has changed since this has passed"
    tee "$said" <"$known"
    exit 0
fi
rm -f build/prove/known/"$name".*
# A part may have lost the permission to be run.
bash "$part" ${lesson:+"$lesson"} </dev/null | tee "$said"
status=${PIPESTATUS[0]}
# What it cost: seconds, and processor time, of user and system. (What `prove`
# says of that is of all that ran beside it.) In no subshell: that has its own.
times >build/prove/times.$$
echo "$SECONDS s, $(tail -n 1 build/prove/times.$$) $name" >>build/prove/times
rm build/prove/times.$$
if [ "$status" -eq 0 ] && [ "$known" ] && ! grep -q '^not ok' "$said"; then
    cp "$said" "$known"
fi
exit "$status"

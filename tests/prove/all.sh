#!/bin/bash
# Proves the workbook itself; `make test` runs it. Its parts are
# tests/prove/NN-NAME.t, the longest first; `prove` runs several at a time, each
# by way of part.sh. Ends with a line "N passed, N failed"; exit status 1 if any
# failed.
#
# PART=NAME runs that part alone, LESSON=11 what is run for each lesson, for that
# one; FRESH=1 believes nothing that was found out before; SHARE=1/2 tries half
# of each bank's programs.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1
# What a make above us was told is not for those below.
lesson=${LESSON-} part=${PART-}
unset MAKEFLAGS MAKELEVEL MFLAGS LESSON PART FROM CASE SEED VERBOSE

unknown() { # WHAT NAME WHAT-THERE-IS...
    echo "There is no $1 '$2'; there are:" >&2
    printf '  %s\n' "${@:3}" >&2
    exit 2
}

case ${SHARE:-1/1} in
[1-9]/[1-9]) ;;
*)
    echo "SHARE=$SHARE is no share like 1/2 or 3/3" >&2
    exit 2
    ;;
esac
parts=(tests/prove/[0-8]*.t)
if [ "$part" ]; then
    found=(tests/prove/[0-8]*-"$part".t)
    [ -e "${found[0]}" ] || unknown part "$part" "${parts[@]}"
    parts=("${found[@]}")
fi
mapfile -t lessons < <(build/workbook list --names)
if [ "$lesson" ]; then
    mapfile -t found < <(printf '%s\n' "${lessons[@]}" |
        awk -v lesson="$lesson" '$0 == lesson || index($0, lesson "-") == 1')
    [ ${#found[@]} -eq 1 ] || unknown lesson "$lesson" "${lessons[@]}"
    lessons=("${found[@]}")
fi

# The parts that are given a lesson stand once for each.
chosen=()
for part in "${parts[@]}"; do
    # shellcheck disable=SC2016 # it is to be found as it is
    if grep -qxF 'lesson=$1' "$part"; then
        chosen+=("${lessons[@]/#/$part:}")
    elif [ ! "$lesson" ]; then
        chosen+=("$part")
    fi
done
[ ${#chosen[@]} -gt 0 ] || {
    echo "This part is not run for each lesson." >&2
    exit 2
}

rm -rf build/prove/tap ${FRESH:+build/prove/ccache}
mkdir -p build/prove/tap
whole_tree >build/prove/files
: >build/prove/times
# All parts need what this builds; whether it builds as it should, one of them
# tells.
make -s -k -j"$jobs" everything WERROR=-Werror >/dev/null 2>&1

# One more than there are processors: much of a check is waiting.
prove --exec "bash tests/prove/part.sh" --jobs $((jobs + 1)) --timer \
    "${chosen[@]}"
status=$?
prove --exec "bash tests/prove/part.sh" tests/prove/99-leftovers.t ||
    status=1
count() { cat build/prove/tap/* | grep "$@"; }
passed=$(count '^ok ' | grep -vc '# SKIP')
failed=$(count -c '^not ok ')
# A part that broke off has failed, too.
[ $status -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
# What each part cost, is in build/prove/times.
times >build/prove/times.all
printf '\n%d s on %d processors; processor time, user and system: %s' \
    "$SECONDS" "$jobs" "$(tail -n 1 build/prove/times.all)"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
exit $status

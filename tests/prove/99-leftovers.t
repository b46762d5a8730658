#!/bin/bash
# Run when all other parts are over: they have left nothing behind. What the
# tree was before is in build/prove/files.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1

no_process() { # of ours: somebody else's workbook may be at work, too
    ! readlink /proc/[0-9]*/exe 2>/dev/null | grep -F "$PWD/build/"
}
try "no process" no_process
same_tree() { diff build/prove/files <(whole_tree); }
try "no file outside build/" same_tree
finish

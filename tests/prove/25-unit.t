#!/bin/bash
# Depends on: machine Makefile common tests/harness tests/unit
# The unit tests of the harness and of common/.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1

try "the unit tests build" make -s -j"$jobs" build/unit/unit

# Check's limits are the last net for a test that never ends; a busy machine is
# none.
export CK_TIMEOUT_MULTIPLIER=6
# Half of the suites wait for hangs to be noticed: they run side by side.
run_suite() {
    local said
    said=$(CK_RUN_SUITE=$1 build/unit/unit 2>&1 </dev/null)
    if echo "$said" | grep -q '^100%.*Failures: 0, Errors: 0$'; then
        echo "ok   unit tests: $1, $(echo "$said" | sed -n 's/^100%: //p')"
    else
        echo "FAIL unit tests: $1"
        echo "$said" | tail -n 20 | sed 's/^/ /'
    fi
}
suites=$(sed -n 's/^SUITE(\(.*\))$/\1/p' tests/unit/suites.h)
[ -n "$suites" ] || not_ok "there are unit test suites" </dev/null
export -f run_suite
run_suites() {
    echo "$suites" |
        xargs -P "$((jobs * 2))" -n 1 bash -c 'run_suite "$1"' -
}
take_over run_suites
finish

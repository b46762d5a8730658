#!/bin/bash
# Depends on: machine common solutions/05-framing solutions/15-app-server
# Depends on: solutions/16-app-client tests/fuzz
# What the fuzzer's seeds hold is taken as it should be.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1
take_over bash tests/fuzz/fuzz.sh --seeds
finish

#!/bin/bash
# The right programs of a lesson's bank pass, the wrong ones are caught and
# explained. bank.py knows of each of them whether it has to be tried.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1
lesson=$1
exec python3 tests/prove/bank.py "$lesson"

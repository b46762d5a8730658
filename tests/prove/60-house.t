#!/bin/bash
# Depends on: machine common lessons solutions tests tools
# The rooms of the harness, and the size of files and functions.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1
exec python3 tests/prove/house.py

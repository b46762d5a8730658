#!/bin/bash
# Depends on: machine common lessons solutions tests tools
# What `make mutants` makes, compares and believes, tried on what is tiny; and
# that the files of survivors speak of mutants that there are.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1
exec python3 tests/prove/prove_mutants.py

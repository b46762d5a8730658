#!/bin/bash
# Depends on: machine Makefile common solutions tests/interop tests/harness
# Depends on: tests/prove/tap.py tools/workbook tools/prepare.sh
# The lessons' programs with each other and with programs by others.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1
exec python3 tests/interop/interop.py

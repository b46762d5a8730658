#!/bin/bash
# Depends on: machine tests/texts tests/prove/tap.py
# What is typed and compared of the lessons' texts, tried on texts of its own.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1
exec python3 tests/texts/check_texts.py

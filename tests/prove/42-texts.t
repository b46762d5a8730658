#!/bin/bash
# Depends on: machine Makefile common lessons/LESSON solutions tests/LESSON
# Depends on: tests/harness tests/texts tests/prove/tap.py tools/workbook
# Depends on: tools/prepare.sh tools/setup.sh
# What stands in a lesson's text comes of what it says to type.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1
lesson=$1
exec python3 tests/texts/texts.py "$lesson"

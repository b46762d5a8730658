#!/bin/bash
# Depends on: machine Makefile common lessons/LESSON/python solutions/LESSON
# Depends on: tests/LESSON tests/harness tests/probe.c tests/prove/python.py
# Depends on: tests/prove/bank.py tests/prove/tap.py tools/prepare.sh
# A lesson's programs in Python pass its checks, but for those that they say.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1
lesson=$1
exec python3 tests/prove/python.py "$lesson"

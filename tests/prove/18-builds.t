#!/bin/bash
# Depends on: machine Makefile common lessons solutions tools tests/harness
# Depends on: tests/01-echo-server tests/probe.c tests/prove/builds.py
# What is graded after edits, touches, saves during the compile, switches and
# kills is what a fresh clone would grade.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1
remember_compiles "$PWD"
take_over python3 tests/prove/builds.py 8
finish

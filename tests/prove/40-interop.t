#!/bin/bash
# Depends on: machine Makefile common tests/interop solutions/11-select-server
# Depends on: solutions/12-select-client solutions/15-app-server
# Depends on: solutions/16-app-client tools/workbook tools/prepare.sh
# Lessons 11 and 12, and 15 and 16, with each other and with programs by others.
# shellcheck source=tests/prove/tap.sh
. "$(dirname "$0")/tap.sh" || exit 1
take_over bash tests/interop/echo.sh
take_over bash tests/interop/app.sh
finish

#!/bin/bash
# Measures how many bytes lesson 05's decoders go through in a second, side by
# side with memcpy(), in turns; the best of several runs counts. Built without
# sanitizers.
#
# usage: tools/bench/frames.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
bench=build/bench
solution=solutions/05-framing
mkdir -p "$bench"
${CC:-gcc} -std=gnu17 -D_GNU_SOURCE -O2 -Icommon -I$solution \
    tools/bench/frames.c $solution/frame.c -o "$bench/frames" || exit 1
exec "$bench/frames"

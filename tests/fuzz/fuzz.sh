#!/bin/bash
# Fuzzes what reads messages: gives what no sane peer would send to the frames
# and the reader of lesson 05, to the codec, to the server of lesson 15 and to
# the client of lesson 16, and looks whether all promises hold. Each
# tests/fuzz/fuzz_*.c begins with what it looks at.
#
# usage: tests/fuzz/fuzz.sh [SECONDS]        (60)
#        tests/fuzz/fuzz.sh --seeds          only what is in tests/fuzz/seeds, once;
#                                       prints lines for tests/prove/
#        tests/fuzz/fuzz.sh --make-seeds     write tests/fuzz/seeds anew
#
# What is found on the way is kept in build/fuzz/corpus-*, and the next run goes
# on from there. Exit status 1 if something is wrong with what was fuzzed, 2 if
# it could not be fuzzed.
set -u
cd "$(dirname "$0")/../.." || exit 2
targets="frames codec message client"
out=build/fuzz
harness=tests/fuzz

usage() {
    printf 'tests/fuzz/fuzz.sh: %s\n' "$1" >&2
    echo "usage: tests/fuzz/fuzz.sh [SECONDS | --seeds | --make-seeds]" >&2
    exit 2
}

# What is fuzzed, and what fuzzes it.
folder_of() {
    case $1 in
    frames) echo solutions/05-framing ;;
    codec) echo common ;;
    message) echo solutions/15-app-server ;;
    client) echo solutions/16-app-client ;;
    esac
}
code_of() {
    case $1 in
    frames) echo "$(folder_of "$1")"/{frame,reader}.c ;;
    *) echo common/{codec,buffer,printable}.c ;;
    esac
    case $1 in
    message | client) echo common/{net,channel}.c ;;
    esac
    case $1 in
    message) echo "$(folder_of "$1")"/{message,answer}.c ;;
    client) echo "$(folder_of "$1")"/{message,request}.c ;;
    esac
}
harness_of() {
    echo $harness/{fuzz_"$1",claim}.c
    [ "$1" = frames ] || echo $harness/{guard,mutate}.c
    case $1 in
    frames) echo $harness/{check_reader,frame_oracle}.c ;;
    codec) echo $harness/check_printable.c ;;
    message) echo $harness/{expected,drive,wire}.c ;;
    client) echo $harness/{drive,wire}.c ;;
    esac
}

# The calls that the targets put themselves in front of: guard.h, wire.h,
# check_reader.h.
wrapped_in() {
    case $1 in
    frames) echo recv ;;
    *) echo json_loadb iconv_open buffer_{reserve,added,append,drop,free} ;;
    esac
    case $1 in
    message | client) echo recv send close ;;
    esac
    [ "$1" != client ] || echo net_connect_result
}

build() { # TARGET: builds $out/TARGET
    local wrap="" objects=$out/$1.objects
    local compile=(clang -std=gnu17 -D_GNU_SOURCE -g -O1
        -fno-omit-frame-pointer -Wall -Wextra -Wpedantic -Wshadow -Wconversion
        -Wstrict-prototypes -Werror -Icommon "-I$(folder_of "$1")" "-I$harness"
        "-fsanitize=address,undefined" -fno-sanitize-recover=all)
    for call in $(wrapped_in "$1"); do
        wrap="$wrap,--wrap=$call"
    done
    rm -rf "$objects" && mkdir -p "$objects" || return
    # libFuzzer is to be guided by what is new in the code, not in the harness.
    # shellcheck disable=SC2046 # the names are separate words
    for source in $(harness_of "$1"); do
        "${compile[@]}" $(pkg-config --cflags jansson) -c "$source" \
            -o "$objects/$(basename "$source").o" || return
    done
    # shellcheck disable=SC2046
    "${compile[@]}" -fsanitize=fuzzer $(code_of "$1") "$objects"/*.o \
        "-Wl$wrap" $(pkg-config --cflags --libs jansson) -o "$out/$1.$$" &&
        mv "$out/$1.$$" "$out/$1"
}

build_all() {
    local pids=() built=0
    mkdir -p $out || return
    for target in $targets; do
        build "$target" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || built=1
    done
    return $built
}

# Every seed once, without a change: the same each time.
run_seeds() {
    local failures=0 count said seed
    for target in $targets; do
        local seeds=("$harness/seeds/$target"/*)
        count=${#seeds[@]}
        if said=$(timeout 300 "$out/$target" -timeout=20 \
            -artifact_prefix=$out/ "${seeds[@]}" 2>&1); then
            echo "ok   fuzz seeds: $target, $count inputs"
        else
            failures=1
            # The last that it began with is the one.
            seed=$(echo "$said" | sed -n 's/^Running: //p' | tail -n 1)
            echo "FAIL fuzz seeds: $target: ${seed:-$out/$target}"
            echo "$said" | explain
        fi
    done
    return $failures
}

# The part of a report that says what is wrong, and where in our files.
explain() {
    grep -e '^====' -e '==ERROR' -e 'runtime error' \
        -e '^ *#[0-9].*/\(common\|solutions\|fuzz\)/[a-z_/0-9-]*\.c' |
        grep -v 'deadly signal' | head -n 20 | sed 's/^ */     /'
}

start() { # TARGET SECONDS: fuzzes it; what it says goes to $out/TARGET.log
    local corpus=$out/corpus-$1
    mkdir -p "$corpus"
    # The time limit is for one input, of which thousands go into a second.
    exec "$out/$1" "-max_total_time=$2" -max_len=8192 -timeout=20 \
        -rss_limit_mb=1024 -entropic_scale_per_exec_time=1 \
        -dict=$harness/message.dict \
        -print_final_stats=1 "-artifact_prefix=$out/$1-" \
        "$corpus" "$harness/seeds/$1" >"$out/$1.log" 2>&1
}

report() { # TARGET STATUS: how it went. Returns 1 if something was found.
    local log=$out/$1.log executions kept
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    if [ "$2" -eq 0 ]; then
        echo "ok   $1: $executions executions," \
            "$(find "$out/corpus-$1" -type f | wc -l) inputs kept"
        return 0
    fi
    kept=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    echo "FAIL $1: after ${executions:-few} executions"
    explain <"$log"
    if [ -n "$kept" ]; then
        echo "     The input is kept: $kept"
        # With where memory came from; else that takes too long.
        echo "     To run it again:   ASAN_OPTIONS=malloc_context_size=20" \
            "$out/$1 $kept"
    fi
    echo "     All that was said: $log"
    return 1
}

# All targets side by side.
run_targets() {
    local pids=() status=0
    trap 'kill "${pids[@]}" 2>/dev/null; exit 2' INT TERM HUP
    for target in $targets; do
        start "$target" "$1" &
        pids+=($!)
    done
    set -- "${pids[@]}"
    for target in $targets; do
        wait "$1"
        report "$target" $? || status=1
        shift
    done
    return $status
}

[ $# -le 1 ] || usage "one argument too many: '$2'"
seconds=${1-60}
case $seconds in
--make-seeds) exec python3 $harness/seeds.py $harness/seeds ;;
--seeds) build_all || { echo "FAIL fuzz seeds: the targets"; exit 2; } ;;
'' | *[!0-9]* | 0*) usage "SECONDS is not a number from 1 on: '$seconds'" ;;
?????????*) usage "SECONDS is more than three years: '$seconds'" ;;
*) build_all || exit 2 ;;
esac
if [ "$seconds" = --seeds ]; then
    run_seeds
else
    echo "Fuzzing for $seconds seconds: $targets"
    run_targets "$seconds"
fi

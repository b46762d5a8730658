#!/bin/bash
# Measures what a lesson's text shows in a picture, on this machine, and draws
# it: build/plot/NN-name/. What the text shows is beside it, in lessons/NN-name/.
#
# usage: tools/plot/plot.sh LESSON
set -u
cd "$(dirname "$0")/../.." || exit 1
lesson=${1-}
scripts=(tools/plot/"${lesson:-none}"-*.sh)
if [ ! -e "${scripts[0]}" ]; then
    echo "plot: no lesson '$lesson' has a picture: say LESSON=09" >&2
    exit 2
fi
command -v gnuplot >/dev/null || {
    echo "plot: gnuplot is missing: apt install gnuplot-nox" >&2
    exit 1
}
name=$(basename "${scripts[0]}" .sh)
folder=build/plot/$name
mkdir -p "$folder" && "${scripts[0]}" "$folder" &&
    gnuplot -e "FOLDER='$folder'" "tools/plot/$name.gnuplot" || exit 1
ls "$folder"/*.svg

# Lesson 09: what a connection moves, for buffers of many sizes. FOLDER has what
# 09-socket-options.sh has measured, and gets the picture.
set terminal svg size 640,360 background "white" font "sans-serif,13"
set output FOLDER."/buffers.svg"
set logscale x 2
set xrange [1.5:5500]
set yrange [0:*]
set xlabel "--buffer, in KiB"
set ylabel "MB in a second"
set grid y
set key bottom right
stats FOLDER."/as_it_is.data" using 1 nooutput
as_it_is = STATS_max
set xtics ("2" 2, "8" 8, "32" 32, "128" 128, "512" 512, "2048" 2048)
plot as_it_is with lines dashtype 2 linewidth 2 linecolor rgb "#888888" \
         title "without --buffer", \
     FOLDER."/buffers.data" using 1:2 with linespoints pointtype 7 \
         linewidth 2 linecolor rgb "#1f5fa8" title "with --buffer"

# Makes a skeleton from a solution: replaces the bodies of some functions by
# what a file of holes says.
#
# usage: awk -f tools/skeleton.awk HOLES FILE.c > SKELETON
#
# The file of holes has sections, each begun by a line "== FILE.c FUNCTION";
# the section's text becomes the function's body. It relies on our layout: a
# function's braces stand alone, in the first column, and its name is in the
# first column of a line or follows its type.

function fail(problem) {
    print "skeleton: " problem > "/dev/stderr"
    failed = 1
    exit 1
}

BEGIN { file = ARGV[2]; sub(/.*\//, "", file) }

FNR == NR && /^== / {
    if (NF != 3)
        fail(FILENAME ":" FNR ": a section is begun by \"== FILE FUNCTION\"")
    section = $2 == file ? $3 : ""
    if (section != "")
        wanted[section] = 1
    next
}
FNR == NR {
    if (section != "")
        body[section] = body[section] $0 "\n"
    next
}

# A function's head: from an unindented line with its name to the brace.
/^[a-z].*\(/ && !/;$/ {
    head = ""
    for (name in wanted)
        if ($0 ~ "[ *]" name "\\(")
            head = name
}
$0 == "{" && head != "" {
    print
    text = body[head]
    sub(/\n+$/, "\n", text)
    sub(/^\n+/, "", text)
    printf "%s", text
    done[head] = 1
    head = ""
    skipping = 1
    next
}
$0 == "}" { skipping = 0; head = "" }
!skipping { print }

END {
    if (failed)
        exit 1
    for (name in wanted)
        if (!(name in done))
            fail(ARGV[2] " has no function " name "()")
}

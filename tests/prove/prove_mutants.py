#!/usr/bin/env python3
"""Proves that `make mutants` works, on what is tiny; prints TAP.

usage: tests/prove/prove_mutants.py
"""

import os
import shutil
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is written outside build/
sys.path.append("tools/mutants")
# pylint: disable=wrong-import-position
import lesson as lessons  # noqa: E402
import survivors  # noqa: E402
from mutant import code_of, mutants_of, squeezed  # noqa: E402
from tap import Tap  # noqa: E402

PLACE = Path("build/prove/mutants")
TINY = """\
#include <errno.h>
#include <stdbool.h>
#include <sys/select.h>
#include <sys/socket.h>
#define TWICE(x) ((x) + (x))
struct pair { int first, second; };

int left_alone(int a) { return a + 1; }

bool tiny(int fd, fd_set *set)
{
    struct pair pair = {.first = 7, .second = fd};
    FD_SET(fd, set); // a macro
    while (errno == EINTR && fd < TWICE(fd))
        pair.second += 010;
    for (;;) {
        if (send(fd, &pair, sizeof pair, MSG_NOSIGNAL | MSG_MORE) == -1)
            return pair.first;
        else
            fd--;
    }
}
"""
# What is expected of it: a kind, and the lines as they are in the mutant.
LOOP = "while (errno == EINTR && fd < TWICE(fd))"
SEND = "if (send(fd, &pair, sizeof pair, MSG_NOSIGNAL | MSG_MORE) == -1)"
CALL = SEND[4:-1]
EXPECTED = [
    ("no value", "struct pair pair;"),
    ("left out", "struct pair pair = {.second = fd};"),
    ("off by one", "struct pair pair = {.first = 6, .second = fd};"),
    ("off by one", "struct pair pair = {.first = 8, .second = fd};"),
    ("left out", "struct pair pair = {.first = 7, };"),
    ("left out", "; // a macro"),
    ("left out", ";"),
    ("negated", "while (!(errno == EINTR && fd < TWICE(fd)))"),
    ("always true", "while (1)"),
    ("never true", "while (0)"),
    ("negated", "while (!(errno == EINTR) && fd < TWICE(fd))"),
    ("always true", "while (1 && fd < TWICE(fd))"),
    ("never true", "while (0 && fd < TWICE(fd))"),
    ("shifted", "while (errno != EINTR && fd < TWICE(fd))"),
    ("and, or", "while (errno == EINTR || fd < TWICE(fd))"),
    ("negated", "while (errno == EINTR && !(fd < TWICE(fd)))"),
    ("always true", "while (errno == EINTR && 1)"),
    ("never true", "while (errno == EINTR && 0)"),
    ("shifted", "while (errno == EINTR && fd <= TWICE(fd))"),
    ("left out", ";"),
    ("assigned", "pair.second = 010;"),
    ("sign", "pair.second -= 010;"),
    ("off by one", "pair.second += 7;"),
    ("off by one", "pair.second += 9;"),
    ("left out", "{}"),
    ("left out", "for (;;) {}"),
    ("left out", ";"),
    ("negated", f"if (!({CALL}))"),
    ("always true", "if (1)"),
    ("never true", "if (0)"),
    ("flag left out", SEND.replace("MSG_NOSIGNAL | ", "")),
    ("flag left out", SEND.replace(" | MSG_MORE", "")),
    ("shifted", SEND.replace("==", "!=")),
    ("off by one", SEND.replace("-1", "-0")),
    ("left out", ";"),
    ("negated", "return !(pair.first);"),
    ("always true", "return 1;"),
    ("never true", "return 0;"),
    ("left out", ";"),
    ("sign", "fd++;"),
]

GRADERS = [
    ("what passes survives", "echo '  ✓ one'", lessons.SURVIVES),
    ("the first failed check ends a grading",
     "echo '  ✗ two'; echo '  again: CASE=two'; exec sleep 60", lessons.CAUGHT),
    ("who does not end has no verdict", "exec sleep 60", lessons.NO_VERDICT),
    ("a machine at fault is no verdict", "exit 3", lessons.NO_VERDICT),
]

EXPLAINED = """\
A remark.

== a.c f left out
- one();
+ ;
== a.c f left out #2
-   two(1,
-       2);
+ ;
A reason
in two lines.
"""


def the_list():
    file = PLACE / "tiny.c"
    file.write_text(TINY, encoding="utf-8")
    found = [(mutant.kind, squeezed(mutant.new))
             for mutant in mutants_of(file, TINY, ["tiny"], [])]
    differs = [f"expected {left}, got {right}"
               for left, right in zip([*EXPECTED, None], [*found, None])
               if left != right]
    return "\n".join(differs[:3])


def the_code():
    def code(body):
        return code_of(f"int f(int a) {{ {body} }}\n", PLACE / "tiny.c",
                       ["cc", "-O2"])

    if code("return a + 0;") != code("return a;"):
        return "what is the same is not seen to be"
    if code("return a + 1;") == code("return a;"):
        return "what is not the same is taken to be"
    return "" if code("return b;") is None else "nonsense compiles"


def the_grading(script, expected):
    grader = PLACE / "grader"
    grader.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    grader.chmod(0o755)
    lessons.SECONDS = 1 if expected == lessons.NO_VERDICT else 60
    begin = time.monotonic()
    fate, _ = lessons.grade(str(grader), PLACE, PLACE)
    if time.monotonic() - begin > 30:
        return "the grader was waited for"
    return "" if fate == expected else f"{fate}, not {expected}"


def the_reasons():
    (PLACE / "survivors").write_text(EXPLAINED, encoding="utf-8")
    reason = "A reason\nin two lines."
    found = survivors.read(f"../{PLACE}")
    expected = {("a.c f left out", "one();", ";"): reason,
                ("a.c f left out #2", "two(1, 2);", ";"): reason}
    return "" if found == expected else str(found)


def the_files():
    """Names that no mutant has: the solution has changed since."""
    unknown = []
    for path in Path("tests").glob("*/survivors"):
        name = path.parent.name
        there = {mutant.name() for mutant in lessons.find_mutants(name)}
        unknown += [f"{path}: == {heading}" for heading, old, new in
                    survivors.read(name) if (heading, old, new) not in there]
    return "\n".join(unknown)


def main():
    tap = Tap(lambda name: "make test PART=mutants")
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    for name, wrong in (
            ("all mutants of a function are made", the_list()),
            ("the same code is seen to be the same", the_code()),
            *((name, the_grading(script, expected))
              for name, script, expected in GRADERS),
            ("the reasons for survivors are read", the_reasons()),
            ("survivors that are explained are mutants", the_files())):
        if wrong:
            tap.not_ok(name, wrong.split("\n")[0], wrong)
        else:
            tap.ok(name)
    shutil.rmtree(PLACE)
    return tap.finish()


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(__file__), "../.."))
    sys.exit(main())

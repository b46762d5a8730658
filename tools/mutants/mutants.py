#!/usr/bin/env python3
"""Makes mutants of what students write, and says which of them no check sees.

usage: tools/mutants/mutants.py [LESSON]          as `make mutants` does
       tools/mutants/mutants.py --list FILE FUNCTION...

A mutant is the solution of a lesson with one small change in a function that
is a hole in the skeleton: a statement is left out, a condition is negated,
always or never true, a comparison is shifted, a flag is left out, a number is
off by one, ... Those that don't compile, and those that compile to the code of
the solution or of another mutant, are left out. The lesson's grader judges the
others, and must catch them; tests/NN-name/survivors says of the rest why
nobody could see it.

Exit status 0; 1 if one survives for which there is no reason there; 2 if the
mutants can't be made.

What has become of a mutant is remembered as long as it, all that it is built
with and the grader stay the same.
"""

import os
import sys
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is written outside build/
sys.path.append(os.path.join(os.path.dirname(__file__), "../../tests/prove"))
# pylint: disable=wrong-import-position
import lesson as lessons  # noqa: E402
import survivors  # noqa: E402
from mutant import mutants_of  # noqa: E402


def say(text):
    print(text, flush=True)


def show(mutant, remark):
    say(f"\nsolutions/{mutant.lesson}/{mutant.file}:{mutant.line}: {remark}")
    say(mutant.shown())


def examine(name):
    """One lesson. Returns how many survive for no reason that is known."""
    reasons = survivors.read(name)
    lesson = lessons.Lesson(name)
    lesson.decide(say)
    left = {mutant.name(): mutant for mutant in lesson.mutants
            if mutant.fate in (lessons.SURVIVES, lessons.NO_VERDICT)}
    unexplained = [mutant for key, mutant in left.items()
                   if key not in reasons]
    for mutant in unexplained:
        mutant.lesson = name
        show(mutant, "nobody sees it" if mutant.fate == lessons.SURVIVES
             else f"no verdict within {lessons.SECONDS} s")
    for heading, old, new in reasons:
        if (heading, old, new) not in left:
            say(f"\ntests/{name}/survivors: this one does not survive:\n"
                f"== {heading}\n- {old}\n+ {new}")
    fates = Counter(mutant.fate for mutant in lesson.mutants)
    say(f"\n{name}: {len(lesson.mutants)} made, "
        f"{fates[lessons.SAME_CODE]} same code, "
        f"{fates[lessons.NOT_COMPILED]} don't compile, "
        f"{fates[lessons.CAUGHT]} caught, "
        f"{len(left) - len(unexplained)} explained, "
        f"{len(unexplained)} unexplained")
    return len(unexplained)


def list_mutants(path, names):
    """All mutants of one file's functions, as they are."""
    text = path.read_bytes().decode("latin-1")
    for mutant in mutants_of(path, text, names, ["-Icommon"]):
        say(mutant.shown())


def main(arguments):
    if arguments[:1] == ["--list"]:
        list_mutants(Path(arguments[1]), arguments[2:])
        return 0
    wanted = "".join(arguments)
    names = sorted(path.parent.name
                   for path in Path("solutions").glob("*/holes"))
    chosen = [name for name in names if name == wanted or
              name.startswith(wanted + "-" if wanted else "")]
    if not chosen:
        say(f"There is no lesson '{wanted}'; there are: {' '.join(names)}")
        return 2
    try:
        return 1 if sum([examine(name) for name in chosen]) > 0 else 0
    except (lessons.Unfit, survivors.Unreadable, LookupError) as trouble:
        say(f"mutants: {trouble}")
        return 2


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(__file__), "../.."))
    sys.exit(main(sys.argv[1:]))

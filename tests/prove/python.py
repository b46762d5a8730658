#!/usr/bin/env python3
"""Grades a lesson's programs in Python, lessons/NN-name/python/PROGRAM.py, by
the checks of the lesson; prints TAP.

usage: tests/prove/python.py LESSON

What such a program leaves to its reader stands in it, for each check that sees
it:
    # Not passed: CHECK: why
Exactly these checks must fail.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is written outside build/
# pylint: disable=wrong-import-position
import bank  # noqa: E402
from tap import Tap  # noqa: E402

# As the graders set it for what they start.
PATH = "/usr/local/bin:/usr/bin:/bin"
OLDEST = (3, 9)


def lacking():
    """Why no program in Python can be graded here."""
    tried = subprocess.run(
        ["/usr/bin/env", "-i", f"PATH={PATH}", "python3", "-c",
         f"import sys; sys.exit(sys.version_info < {OLDEST})"],
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return tried.returncode and "there is no python3 from {}.{} on in {}" \
        .format(*OLDEST, PATH)


def lay_out(lesson, programs):
    """Puts the programs where a grader finds them, as it calls them."""
    folder = Path("build/python", lesson)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for program in programs:
        shutil.copy(program, folder / program.stem)
    return folder


def declared(programs):
    """The checks that are not passed, and why."""
    return dict(found for program in programs for found in re.findall(
        "^# Not passed: *(.*?): *(.*)$", program.read_text("utf-8"), re.M))


def grade_all(lesson, folder):
    """The results of the lesson's checks, by their names, and what was said.

    Also of those that are only for programs that pass the others.
    """
    command = [f"build/graders/{lesson}", "--programs", str(folder),
               "--sources", f"lessons/{lesson}/python/"]
    _, checks, said = bank.grade(command)
    for name, check in checks.items():
        if check["outcome"] == "later":
            _, alone, _ = bank.grade(command, "--case", name)
            checks[name] = alone.get(name, check)
    return checks, said


def judge(tap, lesson, check, why):
    """One check, and why it is not passed, if that stands in the program."""
    name, outcome = f"{lesson}: {check['id']}", check["outcome"]
    if outcome not in ("passed", "failed"):
        tap.skipped(name, f"{outcome}: {check.get('reason', '')}")
    elif outcome == "passed" and why:
        tap.not_ok(name, f"is passed, but is said not to be: {why}")
    elif outcome == "failed" and not why:
        tap.not_ok(name, "is not passed, and it does not say why",
                   bank.text_of(check))
    else:
        tap.ok(name + (f" is not passed: {why}" if why else ""))


def misplaced(lesson, programs):
    """What is wrong with the files themselves."""
    for program in programs:
        if not Path("solutions", lesson, program.stem + ".c").exists():
            yield program, "the lesson has no program of this name"
        if not os.access(program, os.X_OK):
            yield program, "it can't be run: it needs chmod +x"


def main(lesson):
    tap = Tap(lambda name: f"tests/prove/python.py {lesson}")
    programs = sorted(Path("lessons", lesson, "python").glob("*.py"))
    why = lacking() if programs else "it has no program in Python"
    if why:
        tap.skipped(lesson, why)
        return tap.finish()
    for program, problem in misplaced(lesson, programs):
        tap.not_ok(str(program), problem)
    status, said = bank.run("make", "-s", f"build/graders/{lesson}")
    checks = {}
    if status == 0:
        checks, said = grade_all(lesson, lay_out(lesson, programs))
    if not checks:
        tap.not_ok(lesson, "can't be graded", said)
    left = declared(programs)
    for name, check in checks.items():
        judge(tap, lesson, check, left.pop(name, ""))
    for name in left:
        tap.not_ok(f"{lesson}: {name}", "there is no such check")
    return tap.finish()


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(__file__), "../.."))
    sys.exit(main(sys.argv[1]))

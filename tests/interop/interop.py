#!/usr/bin/env python3
"""Proves that the lessons' programs work with each other and with programs by
others; prints TAP.

usage: tests/interop/interop.py [PROGRAMS]

What is tried is in the files cases_*.py. A program is taken from the folder
PROGRAMS if it is there, as NN-name/PROGRAM. Otherwise it is the solution's,
which is built for that.
"""

import functools
import importlib
import os
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is written outside build/
HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "prove"))
# pylint: disable=wrong-import-position
from case import Trial, missing  # noqa: E402
from program import Trouble, close_all, interruption  # noqa: E402
from tap import Tap  # noqa: E402


@functools.lru_cache(maxsize=None)
def build(*command):
    """Builds something, once. Returns what was said, if that was in vain."""
    # make is not left in the middle of its work.
    with interruption.held():
        result = subprocess.run(command, stdin=subprocess.DEVNULL, check=False,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)
    said = result.stdout.decode(errors="replace")
    return result.returncode and (said or f"status {result.returncode}")


class Workshop:
    """Where the lessons' programs come from."""

    def __init__(self, folder):
        self.folder = folder
        self.taken = set()  # those that are the folder's

    def find(self, ours):
        """The path of a program that is there."""
        place = Path(ours.lesson) / ours.name
        if self.folder and (self.folder / place).exists():
            if place not in self.taken:
                print(f"# tries {self.folder / place}", flush=True)
            self.taken.add(place)
            return str(self.folder / place)
        said = build("make", "-s", "list") or build(
            "build/workbook", "build", ours.lesson, "--from", "solutions")
        if said:
            raise Trouble(f"that {ours.lesson} can be built", "errors",
                          more=said)
        return str(Path("build/solutions") / place)


def try_case(case, workshop, tap):
    why = next(filter(None, map(missing, case.needs)), "")
    if why:
        tap.skipped(case.name, why)
        return
    trial = Trial(case.name, workshop, tap)
    with trial.result(case.name):
        case.function(trial, *case.arguments)


def main(folder):
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # wherever this is called
    tap = Tap(lambda name: f"tests/interop/interop.py {folder}" if folder
              else "make test PART=interop")
    workshop = Workshop(folder)
    interruption.expect()
    try:
        for path in sorted(HERE.glob("cases_*.py")):
            for case in importlib.import_module(path.stem).CASES:
                try_case(case, workshop, tap)
    finally:
        close_all()
    if folder and not workshop.taken:
        tap.not_ok(str(folder), "none of the programs that are tried is there, "
                   "as NN-name/PROGRAM")
    return tap.finish()


if __name__ == "__main__":
    if len(sys.argv) > 2 or sys.argv[1:2] in (["-h"], ["--help"]):
        sys.exit(__doc__)
    asked = Path(sys.argv[1]).resolve() if sys.argv[1:] else None
    os.chdir(HERE.parent.parent)
    sys.exit(main(asked))

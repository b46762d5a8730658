#!/usr/bin/env python3
"""Runs what stands in the lessons' texts, and compares what comes of it with
what they show; prints TAP.

usage: tests/texts/texts.py [LESSON...]       as 02, or 02-echo-client

blocks.py says what is run, kind.py how it is compared.
"""

import contextlib
import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is written outside build/
HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "prove"))
# pylint: disable=wrong-import-position
import blocks  # noqa: E402
import stage  # noqa: E402
from tap import Tap  # noqa: E402

STAGES = Path("build/texts")
PATIENCE = 20  # seconds for what a text shows to come


@contextlib.contextmanager
def alone(place):
    """A stage is nobody else's meanwhile, and gone afterwards."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{place}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
        shutil.rmtree(place, ignore_errors=True)


def why_not(found):
    """Why these blocks can't be tried here."""
    if not any(block.run or block.wrong for block in found):
        return "there is nothing to be run"
    if not importlib.util.find_spec("pexpect"):
        return "there is no python3-pexpect"
    if not stage.apart():
        return "there are no namespaces for us"
    tools = stage.missing_tools(found)
    return f"there is no {', no '.join(tools)} for us" if tools else ""


def play(tap, readme, place, patience=PATIENCE):
    """Tries a text on its stage."""
    command = [*stage.apart(), sys.executable, "-B", str(HERE / "play.py"),
               str(readme), str(place.resolve()), str(patience)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, encoding="utf-8",
                          stdout=subprocess.PIPE) as player:
        for line in player.stdout:
            result, *more = json.loads(line)
            getattr(tap, result)(*more)
    if player.returncode:
        tap.not_ok(str(readme), f"broke off with {player.returncode}")


def try_lesson(tap, lesson):
    readme = Path("lessons", lesson, "README.md")
    text = readme.read_text(encoding="utf-8")
    why = why_not(blocks.read(text))
    if why:
        tap.skipped(str(readme), why)
        return
    place = STAGES / lesson
    with alone(place):
        said = stage.set_up(place, lesson, text)
        if said:
            tap.not_ok(str(readme), "what it needs can't be built", said)
        else:
            play(tap, readme, place)


def main(asked):
    there = sorted(path.parent.name for path in
                   Path("lessons").glob("[0-9]*/README.md"))
    lessons = [name for name in there if not asked or
               any(f"{name}-".startswith(f"{one}-") for one in asked)]
    if len(lessons) < len(asked):
        sys.exit(f"texts: the lessons are {' '.join(there)}")
    tap = Tap(lambda name: f"make texts LESSON={name.split('/')[1][:2]}")
    for lesson in lessons:
        try_lesson(tap, lesson)
    return tap.finish()


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # wherever this is called
    os.chdir(HERE.parent.parent)
    sys.exit(main(sys.argv[1:]))

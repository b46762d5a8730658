#!/usr/bin/env python3
"""Proves that texts.py does what blocks.py and kind.py say; prints TAP.

The texts fixtures/right-*.md are as they should be. In fixtures/wrong.md one
thing is wrong in each block, and stands before it: "Found: WHAT IS SAID OF IT".

usage: tests/texts/check_texts.py
"""

import os
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is written outside build/
HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "prove"))
# pylint: disable=wrong-import-position
import blocks  # noqa: E402
import stage  # noqa: E402
import texts  # noqa: E402
from tap import Tap  # noqa: E402

FIXTURES = Path("tests/texts/fixtures")
SHORT = 2  # seconds of patience with what never comes


class Kept:
    """Keeps the results, in the place of a Tap."""

    def __init__(self):
        self.results = []

    def ok(self, name):
        self.results.append((name, "it is as it should be"))

    def skipped(self, name, why):
        self.results.append((name, f"it is skipped: {why}"))

    def not_ok(self, name, why, said=""):
        self.results.append((name, f"{why}\n{said}"))


def try_right(tap, readme, place):
    stage.furnish(place)
    texts.play(tap, readme, place)


def try_wrong(tap, readme, place):
    kept = Kept()
    stage.furnish(place)
    texts.play(kept, readme, place, SHORT)
    found = re.findall("^Found: (.*)", readme.read_text("utf-8"), re.M)
    for wanted, (name, said) in zip(found, kept.results):
        # One thing is wrong, and nothing but that is told of.
        steps = said.count(": in terminal ")
        if wanted in said and steps <= 1:
            tap.ok(f"{name}: {wanted}")
        else:
            tap.not_ok(name, f"'{wanted}' is not said of it, or more", said)
    if len(found) != len(kept.results):
        tap.not_ok(str(readme), f"{len(kept.results)} blocks were found, not "
                   f"{len(found)}")


def main():
    tap = Tap(lambda name: "tests/texts/check_texts.py")
    readmes = sorted(FIXTURES.glob("*.md"))
    for readme in readmes:
        text = readme.read_text(encoding="utf-8")
        why = texts.why_not(blocks.read(text))
        place = texts.STAGES / readme.stem
        if why:
            tap.skipped(str(readme), why)
            continue
        with texts.alone(place):
            wrong = readme.stem == "wrong"
            (try_wrong if wrong else try_right)(tap, readme, place)
    return tap.finish()


if __name__ == "__main__":
    os.chdir(HERE.parent.parent)
    sys.exit(main())

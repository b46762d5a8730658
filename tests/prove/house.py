#!/usr/bin/env python3
"""Proves that the house is in order; prints TAP.

The harness has nine rooms, each of which uses only those below it. Includes
name the room, and no files include each other in a circle. Files and functions
are of a size that can be read. Nothing lies about. Each of these rules is also tried on a copy in
which it is broken: it has to be found there.

usage: tests/prove/house.py
"""

import os
import re
import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is written outside build/
from tap import Tap  # noqa: E402  pylint: disable=wrong-import-position

ROOMS = ["base", "kernel", "trace", "tracer", "stage", "show", "explain",
         "words", "grader"]
FILE_LINES, FUNCTION_LINES = 400, 45
HARNESS = Path("tests/harness")
AT_THE_TOP = {"CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "build",
              "common", "lessons", "solutions", "tests", "tools"}


class House:
    """The workbook's files below ROOT."""

    def __init__(self, root):
        self.root = Path(root)
        self.headers = {path.name: path.parent.name
                        for path in (self.root / HARNESS).glob("*/*.h")}

    def files(self, *patterns):
        found = {path for pattern in patterns for path in
                 self.root.glob(pattern) if path.is_file()}
        return sorted(path for path in found if not path.is_symlink())

    def strays(self):
        """What a command has left in the wrong place, and git would take."""
        for path in sorted(self.root.iterdir()):
            if path.name not in AT_THE_TOP and path.name[0] != ".":
                yield f"{path.name}: what is that?"

    def includes(self, *patterns):
        """File, line number and name of each include with quotes."""
        for path in self.files(*patterns):
            text = path.read_text(encoding="utf-8")
            for number, line in enumerate(text.splitlines(), 1):
                found = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
                if found:
                    yield path, number, found[1]

    def place(self, path, number):
        return f"{path.relative_to(self.root)}:{number}"

    def upward_includes(self):
        for path, number, name in self.includes(f"{HARNESS}/**/*.[ch]"):
            room, other = path.parent.name, name.split("/")[0]
            if room not in ROOMS or other not in [*ROOMS, name]:
                yield f"{self.place(path, number)}: {name} is in no room"
            elif other != name and ROOMS.index(other) > ROOMS.index(room):
                yield f"{self.place(path, number)}: {room} uses {name}"

    def includes_without_room(self):
        for path, number, name in self.includes(
                f"{HARNESS}/**/*.[ch]", "tests/unit/**/*.[ch]",
                "tests/[0-9]*/*.[ch]", "tools/**/*.[ch]"):
            own = (path.parent / name).exists() and \
                path.parent.parent != self.root / HARNESS
            # The unit tests of common/ mean that one's header.
            own |= path.parent.name == "common" and \
                (self.root / "common" / name).exists()
            if name in self.headers and not own:
                yield (f"{self.place(path, number)}: {name} is "
                       f"{self.headers[name]}/{name}")

    def circles(self):
        """Files that reach themselves; NAME.c and NAME.h are one."""
        uses = {}
        for path, _, name in self.includes(f"{HARNESS}/*/*.[ch]"):
            file = str(path.relative_to(self.root / HARNESS).with_suffix(""))
            other = name[:-2]
            if other != file:
                uses.setdefault(file, set()).add(other)
        told = set()
        for file in sorted(uses):
            reached = reached_from(file, uses)
            circle = {other for other in reached
                      if file in reached_from(other, uses)}
            if circle and file not in told:
                told |= circle
                yield "in a circle: " + ", ".join(sorted(circle))

    def long_files(self):
        for path in self.files(*(f"{folder}/**/*.{kind}" for folder in
                                 ("common", "lessons", "solutions", "tests",
                                  "tools") for kind in
                                 ("c", "h", "sh", "py", "t"))):
            count = len(path.read_bytes().splitlines())
            if "right" not in path.parts and count > FILE_LINES:
                yield f"{self.place(path, count)}: that many lines"

    def long_functions(self):
        for path in self.files(*(f"{folder}/**/*.[ch]" for folder in
                                 ("common", "lessons", "solutions", "tests",
                                  "tools"))):
            if "right" in path.parts:
                continue
            lines = path.read_text(encoding="utf-8").splitlines()
            for first, last in functions(lines):
                if last - first + 1 > FUNCTION_LINES:
                    yield (f"{self.place(path, first + 1)}: "
                           f"{last - first + 1} lines")

    def files_read_by_make(self):
        """GNU make 4.3 looks by chance whether a file ends in a newline."""
        path = self.root / "Makefile"
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            if re.search(r"(?<!strip )(?<!\$)\$+\(file <", line):
                yield f"{self.place(path, number)}: not stripped: {line}"


def reached_from(file, uses):
    reached, new = set(), [file]
    while new:
        for other in uses.get(new.pop(), ()):
            if other not in reached:
                reached.add(other)
                new.append(other)
    return reached


def functions(lines):
    """The first and last line of each: its braces stand at the margin."""
    for start, line in enumerate(lines):
        if line != "{":
            continue
        first = start
        while first > 0 and re.match(r"[^/#}]", lines[first - 1]) and \
                not lines[first - 1].endswith((";", "\\")):
            first -= 1
        yield first, lines.index("}", start)


# --- each rule broken once -----------------------------------------------------

def append(path, text):
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


def plant_upward(root):
    append(root / HARNESS / "base/planted.c", '#include "grader/grade.h"\n')


def plant_without_room(root):
    append(root / "tests/unit/planted.c", '#include "grade.h"\n')


def plant_circle(root):
    for one, other in (("a", "b"), ("b", "c"), ("c", "a")):
        append(root / HARNESS / f"base/planted_{one}.h",
               f'#include "base/planted_{other}.h"\n')


def plant_long_file(root):
    append(root / "common/planted.h", "\n" * (FILE_LINES + 1))


def plant_long_function(root):
    append(root / "tools/planted.c", "static int planted(int a,\n"
           "    int b)\n{\n" + "    a++;\n" * (FUNCTION_LINES - 3) + "}\n")


def plant_beside(root):
    (root / "planted").touch()


def plant_file_read(root):
    append(root / "Makefile", "PLANTED := $(file <planted)\n")


RULES = [
    ("at the top there is only what belongs there", House.strays,
     plant_beside),
    ("no include points upwards", House.upward_includes, plant_upward),
    ("includes name their room", House.includes_without_room,
     plant_without_room),
    ("no files include each other in a circle", House.circles, plant_circle),
    (f"no file is over {FILE_LINES} lines", House.long_files, plant_long_file),
    (f"no function is over {FUNCTION_LINES} lines", House.long_functions,
     plant_long_function),
    ("what make reads of a file is stripped", House.files_read_by_make,
     plant_file_read),
]


def copy(root):
    shutil.rmtree(root, ignore_errors=True)
    for folder in ("common", "lessons", "solutions", "tests", "tools"):
        shutil.copytree(folder, root / folder)
    shutil.copy("Makefile", root)


def main():
    tap = Tap(lambda name: "make test PART=house")
    root = Path("build/prove/house")
    copy(root)
    for rule, find, plant in RULES:
        found = list(find(House(".")))
        if found:
            tap.not_ok(rule, f"{len(found)} found", "\n".join(found))
        else:
            tap.ok(rule)
        plant(root)
        new = [place for place in find(House(root)) if place not in found]
        if len(new) == 1 and "planted" in new[0]:
            tap.ok(f"{rule}: it is found where one is")
        else:
            tap.not_ok(f"{rule}: it is found where one is", f"not: {new}")
    shutil.rmtree(root)
    return tap.finish()


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(__file__), "../.."))
    sys.exit(main())

#!/usr/bin/env python3
"""Tries programs of a lesson's bank on the lesson's grader; prints TAP.

usage: tests/prove/bank.py LESSON            all of the lesson's programs
       tests/prove/bank.py FILE...           some of one lesson

FILE is one of
    tests/NN-name/wrong/NAME.patch
    tests/NN-name/right/NAME.patch
    tests/NN-name/right/NAME.c
    tests/NN-name/right/NAME                 (a folder)

A wrong program is a patch on the solution. Its first lines say which check
must catch it, which detector explains it, and words that must stand in the
explanation:
    Mistake: one sentence
    Check: listens_where_it_is_told
    Says: sin_port is in network byte order, so it needs htons()
    Detector: no_listener
The words are to prove that this mistake was named, and not its neighbours: one
that the timeline or any other explanation has, too, proves nothing.
A right program differs from the solution, and must pass every check (or those
with TEXT in their name, if it has a line "Case: TEXT"; but for CHECK, if it has
a line "Not run: CHECK, CHECK", which then must not be run). NAME.c is the whole program; the files in a folder NAME take the place of the solution's files of
these names.

What differs from the solution is built as a student's program is, by the
Makefile's rules, and graded by the lesson's grader; all else is shared with the
solution's build. Of each lesson one wrong program is also submitted as a student
would: the runner has to come to the same verdict.

What has passed once is not tried again as long as the program, all that it is
built with and the grader stay the same. FRESH=1 believes nothing. SHARE=2/3
takes every third program only, from the second on.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is written outside build/
from tap import Tap  # noqa: E402  pylint: disable=wrong-import-position

KNOWN = Path("build/prove/known")
ENVIRONMENT = {**os.environ, "TMPDIR": os.path.abspath("build/tmp"),
               "TEMP": os.path.abspath("build/tmp")}


def run(*command, **options):
    """What a command says, and its exit status."""
    result = subprocess.run(command, stdin=subprocess.DEVNULL, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env=ENVIRONMENT, **options)
    return result.returncode, result.stdout.decode(errors="replace")


def grade(command, *options):
    """The grader's exit status, its results by check, and all it said."""
    status, said = run(*command, "--json", *options)
    try:
        checks = json.loads(said[said.index("{"):])["checks"]
    except (ValueError, KeyError):
        checks = []
    return status, {check["id"]: check for check in checks}, said


def digest(*parts):
    whole = hashlib.sha256()
    for part in parts:
        whole.update(b"%d " % len(part) + part)
    return whole.hexdigest()


def sources(folder):
    """The C files of a folder, by their names."""
    return {path.name: path.read_bytes()
            for path in sorted(Path(folder).glob("*.[ch]"))}


class Trouble(Exception):
    """What is wrong with a program: a sentence, and what was said."""


class Lesson:
    """What all programs of a lesson's bank have in common."""

    def __init__(self, name):
        self.name = name
        self.solution = sources(f"solutions/{name}")
        self.bank = Path("build/bank") / name
        self.grader = f"build/graders/{name}"
        self.mains = [Path(file).stem for file, text in self.solution.items()
                      if re.search(rb"^int main.", text, re.M)]
        self.make("ready", self.grader)
        self.decides = self.what_decides()

    def make(self, *targets):
        status, said = run("make", "-s", "-k", *targets,
                           f"NAME={self.name}", "SRC=solutions",
                           "OUT=build/solutions", f"BANK={self.bank}")
        return status == 0, said

    def what_decides(self):
        """All that decides about a verdict, but for the program itself."""
        files = [*sorted(Path("common").glob("*.[ch]")), Path("Makefile"),
                 Path("build/flags.tested"), Path("tests/prove/bank.py"),
                 Path("build/config.mk"), Path(self.grader + ".sum")]
        return digest(self.name.encode(), repr(os.uname()).encode(),
                      repr(sorted(self.solution.items())).encode(),
                      *(path.read_bytes() for path in files))


def lacking_ipv6(checks):
    """The checks that are not run since this machine has no IPv6."""
    return [name for name, check in checks.items()
            if check["outcome"] == "not run"
            and "no IPv6" in check.get("reason", "")]


class Program:
    """One program of the bank."""

    def __init__(self, lesson, path):
        self.lesson = lesson
        self.path = Path(path)
        self.wrong = self.path.parent.name == "wrong"
        self.name = f"{self.path.parent.name}/{self.path.stem}"
        self.folder = lesson.bank / self.name.replace("/", "-")
        self.text = self.read_all()
        self.files = self.find_files()
        self.known = KNOWN / digest(
            lesson.decides.encode(), self.name.encode(), self.text,
            repr(sorted(self.files.items())).encode())

    def read_all(self):
        paths = [self.path]
        if self.path.is_dir():
            paths = sorted(self.path.glob("*.[ch]"))
        return b"".join(path.read_bytes() for path in paths)

    def field(self, name):
        """A header line of a patch, or a remark in a program."""
        found = re.search(rf"^(?:// )?{name}: *(.*)$", self.text.decode(), re.M)
        return found and found[1]

    def find_files(self):
        """The files that are not as the solution has them, and all headers."""
        if self.path.suffix == ".patch":
            files = self.patched()
        elif self.path.is_dir():
            files = {**self.lesson.solution, **{
                name: text for name, text in sources(self.path).items()
                if name in self.lesson.solution}}
        else:
            # A program in one file has nothing in the place of the others.
            files = {name: self.text if Path(name).stem in self.lesson.mains
                     else b"" for name in self.lesson.solution}
        changed = [name for name, text in files.items()
                   if text != self.lesson.solution.get(name)]
        # Whoever includes a header that has changed is changed, too.
        all_of_them = any(name.endswith(".h") for name in changed)
        return {name: text for name, text in files.items()
                if all_of_them or name in changed or name.endswith(".h")}

    def patched(self):
        self.lay_out(self.lesson.solution)
        status, said = run("patch", "-p1", "-s", "--no-backup-if-mismatch",
                           "-i", str(self.path.resolve()), cwd=self.folder)
        if status != 0:
            raise Trouble("the patch does not apply", said)
        return sources(self.folder)

    def lay_out(self, files):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for name, text in files.items():
            (self.folder / name).write_bytes(text)

    def is_built(self):
        return all((self.folder / main).exists() for main in self.lesson.mains)

    def grade_here(self, only):
        return grade(
            [self.lesson.grader, "--programs", str(self.folder),
             "--sources", f"solutions/{self.lesson.name}/"],
            *(["--case", only] if only else []))

    def try_right(self):
        status, checks, said = self.grade_here(self.field("Case"))
        not_run = {*(self.field("Not run") or "").split(", "),
                   *lacking_ipv6(checks)}
        failed = [text_of(check) for name, check in checks.items()
                  if check["outcome"] != ("not run" if name in not_run
                                          else "passed")]
        if failed or status != (4 if not_run.intersection(checks) else 0):
            raise Trouble("is right, but did not pass",
                          "\n".join(failed) or said)
        return ""

    def try_wrong(self):
        check, says, detector = map(self.field, ("Check", "Says", "Detector"))
        if not check or not says or not detector:
            raise Trouble("has no Check:, Says: or Detector: line", "")
        status, checks, said = self.grade_here(check)
        result = checks.get(check, {})
        if check in lacking_ipv6(checks):
            return ": not tried, as there is no IPv6"
        if status != 1 or result.get("outcome") != "failed":
            raise Trouble(f"{check} did not catch it (status {status})", said)
        text = result.get("explanation", "")
        # The explanation is broken into lines: join them before looking.
        if says not in " ".join(text.split()):
            raise Trouble(f'{check} does not say "{says}"', text_of(result))
        if result.get("detector") != detector:
            raise Trouble(f"it is {result.get('detector')} that speaks, not "
                          f"{detector}", text_of(result))
        return f": {check}"

    def try_it(self):
        if not self.is_built():
            _, said = self.lesson.make(*(str(self.folder / main)
                                         for main in self.lesson.mains))
            raise Trouble("does not compile everywhere", said)
        return self.try_wrong() if self.wrong else self.try_right()

    def submit(self):
        """Has the runner grade it; its verdict has to be the same."""
        place = self.lesson.bank / "submitted"
        shutil.rmtree(place, ignore_errors=True)
        (place / self.lesson.name).mkdir(parents=True)
        for name, text in {**self.lesson.solution, **self.files}.items():
            (place / self.lesson.name / name).write_bytes(text)
        check = self.field("Check")
        here = self.grade_here(check)
        there = grade(["build/workbook", "check", self.lesson.name,
                       "--from", str(place)], "--case", check)
        facts = [(status, [(one["id"], one["outcome"], one["points"])
                           for one in checks.values()])
                 for status, checks, _ in (here, there)]
        if facts[0] != facts[1]:
            raise Trouble("the runner comes to another verdict", there[2])


def text_of(check):
    """All that a failed check says."""
    return "\n".join(str(check.get(member, "")) for member in
                     ("promise", "expected", "got", "ran", "difference",
                      "timeline", "explanation", "reason"))


def find_programs(lesson, paths, tap):
    programs = []
    for path in paths:
        try:
            programs.append(Program(lesson, path))
        except Trouble as trouble:
            tap.not_ok(path, *trouble.args)
    return programs


def share_of(paths):
    """Those that SHARE asks for; all, if it is not set."""
    share = os.environ.get("SHARE") or "1/1"
    found = re.fullmatch(r"([1-9])/([1-9])", share)
    if not found or found[1] > found[2]:
        sys.exit(f"bank: SHARE={share} is no share like 1/2 or 3/3")
    return paths[int(found[1]) - 1::int(found[2])]


def main(arguments):
    paths = [path.rstrip("/") for path in arguments]
    whole = "/" not in paths[0]
    name = paths[0] if whole else Path(paths[0]).parts[1]
    strangers = [path for path in paths[1:]
                 if not path.startswith(f"tests/{name}/")]
    if strangers:
        sys.exit(f"bank: not of {name}: {strangers[0]}")
    if whole:
        places = Path("tests") / name
        paths = share_of(sorted(map(str, [*places.glob("right/*"),
                                          *places.glob("wrong/*.patch")])))
    tap = Tap(lambda what: f"tests/prove/bank.py tests/{what.split(':')[0]}")
    lesson = Lesson(name)
    KNOWN.mkdir(parents=True, exist_ok=True)
    programs = find_programs(lesson, paths, tap)
    new = [program for program in programs
           if os.environ.get("FRESH") or not whole
           or not program.known.exists()]
    for program in new:
        program.lay_out(program.files)
    if new:
        lesson.make("bank")
    for program in programs:
        title = f"{name}/{program.name}"
        try:
            found = program.try_it() if program in new else " (as before)"
            tap.ok(title + found)
            program.known.touch()
        except Trouble as trouble:
            tap.not_ok(title, *trouble.args)
    submitted = next((program for program in new if program.wrong), None)
    if whole and submitted:
        try:
            submitted.submit()
            tap.ok(f"{name}: the runner says the same of {submitted.name}")
        except Trouble as trouble:
            tap.not_ok(f"{name}/{submitted.name}", *trouble.args)
    return tap.finish()


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(__file__), "../.."))
    sys.exit(main(sys.argv[1:]))

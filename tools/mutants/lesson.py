"""lesson: the mutants of a lesson, built and graded.

They are built as the programs of the lesson's bank are, and with its help:
tests/prove/bank.py.
"""

import os
import re
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bank
from mutant import code_of, mutants_of

# What is remembered: the fate, by program and grader; the check that has caught
# it, by program; the code, as a number, by file and compiler.
KNOWN = Path("build/mutants/known")
CAUGHT_BY = Path("build/mutants/caught-by")
CODE = Path("build/mutants/code")
SECONDS = 60     # that a grading may take
AT_A_TIME = 2
NOT_COMPILED, SAME_CODE, CAUGHT, SURVIVES, NO_VERDICT = \
    "don't compile", "same code", "caught", "survives", "no verdict"
# What makes no difference to what the code does is left out of the comparison,
# and so are sanitizers, which write down lines and columns.
LEFT_OUT = re.compile(r"-g$|-W|-f(no-)?sanitize|-O")


class Unfit(Exception):
    """Why a lesson's mutants can't be graded."""


def holes(folder):
    """The functions that a student writes, by file."""
    text = (folder / "holes").read_text(encoding="utf-8")
    found = {}
    for file, function in re.findall(r"^== (\S+) (\S+)$", text, re.M):
        found.setdefault(file, []).append(function)
    return found


def find_mutants(name):
    """All mutants of a lesson."""
    folder = Path("solutions") / name
    return [mutant for file, names in holes(folder).items()
            for mutant in mutants_of(folder / file, text_of(folder / file),
                                     names, flags())]


def text_of(path):
    # A character for each byte: it is bytes that clang counts.
    return path.read_bytes().decode("latin-1")


def flags():
    """How a student's program is compiled, without what LEFT_OUT names."""
    said = bank.run("make", "-s", "flags")[1].split()
    return ["-Icommon", *(flag for flag in said if not LEFT_OUT.match(flag))]


class Lesson:
    """All mutants of a lesson. Each gets a member `fate`."""

    def __init__(self, name):
        self.name = name
        self.folder = Path("solutions") / name
        self.base = bank.Lesson(name)
        self.base.bank = Path("build/mutants") / name
        self.compiler = [os.environ.get("CC", "cc"), *flags(), "-O2"]
        self.built_with = bank.digest(*(
            path.read_bytes() for path in [
                Path("build/flags.tested"),
                *sorted(Path("common").glob("*.[ch]"))]))
        self.decides = bank.digest(
            self.built_with.encode(), repr(os.uname()).encode(),
            Path(self.base.grader + ".sum").read_bytes())
        self.mutants = find_mutants(name)

    def decide(self, say):
        """Finds the fate of all mutants."""
        self.compare()
        for mutant in self.mutants:
            program = self.program(mutant.file, mutant.text)
            mutant.caught_by = CAUGHT_BY / program
            mutant.known = KNOWN / bank.digest(self.decides.encode(),
                                               program.encode())
            mutant.fate = mutant.fate or recalled(mutant.known)
        left = [mutant for mutant in self.mutants if mutant.fate is None]
        if not left:
            return
        say(f"{self.name}: {len(left)} mutants to build and grade ...")
        self.prove_solution()
        self.build(left)
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            list(pool.map(self.grade, left))
        shutil.rmtree(self.base.bank, ignore_errors=True)

    def program(self, file, text):
        """The whole program, with TEXT in the place of FILE, as one number."""
        files = {**self.base.solution, file: text.encode("latin-1")}
        return bank.digest(self.name.encode(),
                           repr(sorted(files.items())).encode())

    def code(self, file, text):
        """The file's code, as a number; "" if it does not compile."""
        path = CODE / bank.digest(self.built_with.encode(), file.encode(),
                                  self.program(file, text).encode())
        if not path.exists():
            code = code_of(text, self.folder / file, self.compiler)
            remember(path, bank.digest(code) if code else "")
        return recalled(path)

    def compare(self):
        """Finds those that don't compile, or do so to the code of another."""
        seen = {(file, self.code(file, text_of(self.folder / file)))
                for file in holes(self.folder)}
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            codes = pool.map(lambda mutant: self.code(mutant.file, mutant.text),
                             self.mutants)
            for mutant, code in zip(self.mutants, codes):
                one = (mutant.file, code)
                mutant.fate = NOT_COMPILED if not code else \
                    SAME_CODE if one in seen else None
                seen.add(one)

    def prove_solution(self):
        _, said = self.base.make("programs")
        fate, more = grade(self.base.grader, Path("build/solutions") /
                           self.name, self.folder)
        if fate != SURVIVES:
            raise Unfit(f"the solution itself has not passed:\n{said}{more}")

    def build(self, mutants):
        shutil.rmtree(self.base.bank, ignore_errors=True)
        headers = {name: text for name, text in self.base.solution.items()
                   if name.endswith(".h")}
        for number, mutant in enumerate(mutants):
            mutant.place = self.base.bank / str(number)
            mutant.place.mkdir(parents=True)
            for name, text in headers.items():
                (mutant.place / name).write_bytes(text)
            (mutant.place / mutant.file).write_bytes(
                mutant.text.encode("latin-1"))
        self.base.make(f"-j{AT_A_TIME}", "bank")

    def grade(self, mutant):
        if all((mutant.place / main).exists() for main in self.base.mains):
            mutant.fate = self.verdict(mutant)
        else:
            mutant.fate = NOT_COMPILED
        if mutant.fate != NO_VERDICT:
            remember(mutant.known, mutant.fate)
        shutil.rmtree(mutant.place)

    def verdict(self, mutant):
        """Asks the check first that has caught it when the grader was another:
        mostly, that tells it."""
        place = (self.base.grader, mutant.place, self.folder)
        check = recalled(mutant.caught_by)
        if check and grade(*place, "--case", check)[0] == CAUGHT:
            return CAUGHT
        fate, said = grade(*place)
        again = re.search(r"CASE=(\w+)", said)
        if fate == CAUGHT and again:
            remember(mutant.caught_by, again[1])
        return fate


def recalled(path):
    return path.read_text(encoding="utf-8") if path.exists() else None


def remember(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def grade(grader, programs, sources, *options):
    """What becomes of a program, and what was said. The first check that fails
    ends it: what is left of the grading ends with the grader."""
    command = [grader, "--programs", str(programs), "--sources", f"{sources}/",
               *options]
    with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**bank.ENVIRONMENT, "LC_ALL": "C.UTF-8"}) as process:
        limit = threading.Timer(SECONDS, process.kill)
        limit.start()
        said = []
        for line in process.stdout:
            said.append(line.decode(errors="replace"))
            # That is the last that is said of the first failure.
            if said[-1].startswith("  again: "):
                process.kill()
                break
        status = process.wait()
        limit.cancel()
    failed = any(line.startswith("  ✗ ") for line in said)
    fate = CAUGHT if failed else SURVIVES if status == 0 else NO_VERDICT
    return fate, "".join(said)

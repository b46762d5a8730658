#!/usr/bin/env python3
"""Proves that a verdict is always that of a fresh clone with the same files.

Random sequences of what happens to a workbook: a file is edited, touched (also
into the past and the future), saved during the compile; the folder graded from
and the compiler are switched; the workbook's own files change, as by an
upgrade; a grading is killed at a random moment. After each step lesson 01 is
graded, and the verdict has to be the one that the same files get in a copy in
which nothing else has ever happened.

usage: tests/prove/builds.py [SEQUENCES [SEED]]     (10 sequences)

Prints one line, "ok   ..." or "FAIL ..."; exit status 1 if a verdict was wrong.
"""

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

LESSON = "01-echo-server"
PROGRAM = "echo_server.c"
STEPS = 5
# Enough of its checks to tell the programs apart, and so what was built.
CASE = "echoes_"
COPIED = ["Makefile", "common", "lessons", "solutions", "tests", "tools"]
HELPER = "common/net.c"
CHECKS = f"tests/{LESSON}/grade.c"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # As an editor does that writes the file in place.
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def patched(name):
    """The solution with a wrong program's patch."""
    folder = f"build/prove/patched/{name}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(f"solutions/{LESSON}", folder)
    with open(f"tests/{LESSON}/wrong/{name}.patch", encoding="utf-8") as file:
        subprocess.run(["patch", "-p1", "-s"], cwd=folder, stdin=file,
                       check=True)
    return read(f"{folder}/{PROGRAM}")


def variants():
    """Programs, helpers and checks that differ in their verdicts."""
    right = read(f"solutions/{LESSON}/{PROGRAM}")
    programs = {"right": right, "broken": right + "int broken = ;\n"}
    for name in ("terminates_past_the_buffer", "greets",
                 "length_in_a_char"):
        programs[name] = patched(name)
    helper, checks = read(HELPER), read(CHECKS)
    return programs, {
        HELPER: {"as it is": helper,
                 "broken": helper + "int broken = ;\n"},
        CHECKS: {"as they are": checks,
                 "worth more": checks.replace("GRADED(echoes_a_message, 2,",
                                              "GRADED(echoes_a_message, 5,")},
    }


class Tree:
    """A copy of the workbook, and what is in it now."""

    def __init__(self, path, own):
        self.path = path
        self.folders = {"lessons": "right", "elsewhere": "greets"}
        self.own = {file: next(iter(own[file])) for file in own}
        self.compiler = "gcc"
        self.folder = "lessons"
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        for name in COPIED:
            copy = shutil.copytree if os.path.isdir(name) else shutil.copy2
            copy(name, f"{path}/{name}")

    def file(self, folder):
        return f"{self.path}/{folder}/{LESSON}/{PROGRAM}"

    def state(self):
        return (self.folders[self.folder], self.compiler,
                tuple(sorted(self.own.items())))

    def command(self):
        return ["build/workbook", "check", "01", "--json", "--case", CASE,
                "--from", self.folder]

    def start(self):
        # A kill may have come when it was being made anew.
        if not os.path.exists(f"{self.path}/build/workbook"):
            self.make_runner()
        # A session of its own, so that all of it can be killed.
        return subprocess.Popen(
            self.command(), cwd=self.path, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
            env={**os.environ, "CC": self.compiler})

    def make_runner(self):
        subprocess.run(["make", "-s", "build/workbook"], cwd=self.path,
                       check=True, env={**os.environ, "CC": self.compiler})


def verdict_of(process):
    """What a grading came to, without what differs from run to run."""
    said, errors = process.communicate(timeout=600)
    try:
        result = json.loads(said)
    except ValueError:
        return (process.returncode, said, errors)
    outcomes = [(check["id"], check["outcome"], check["points"])
                for check in result.get("checks", [])]
    return (process.returncode, result.get("points"), outcomes,
            result.get("error"))


class Sequence:
    """One sequence of steps in a tree, with its own source of chance."""

    def __init__(self, tree, fresh, seed):
        self.tree = tree
        self.fresh = fresh
        self.random = random.Random(seed)
        self.programs, self.own = variants()
        self.steps = []

    def note(self, text):
        self.steps.append(text)

    def edit(self):
        """Writes another program, sometimes with an old or future time."""
        folder = self.random.choice(list(self.tree.folders))
        name = self.random.choice(list(self.programs))
        write(self.tree.file(folder), self.programs[name])
        self.tree.folders[folder] = name
        self.note(f"{folder} is {name}")
        if self.random.random() < 0.7:
            self.touch(folder)

    def touch(self, folder=None):
        """Gives a file, or all that was built, a time that is not now."""
        hours = self.random.choice([-72, -2, -0.001, 0, 2, 72])
        when = time.time() + hours * 3600
        if folder is None and self.random.random() < 0.3:
            self.note(f"all that was built is of now {hours:+} h")
            for where, _, files in os.walk(f"{self.tree.path}/build"):
                for name in files:
                    os.utime(f"{where}/{name}", (when, when))
            return
        folder = folder or self.random.choice(list(self.tree.folders))
        self.note(f"{folder} is of now {hours:+} h")
        os.utime(self.tree.file(folder), (when, when))

    def switch_folder(self):
        self.tree.folder = self.random.choice(list(self.tree.folders))
        self.note(f"graded from {self.tree.folder}")

    def switch_compiler(self):
        self.tree.compiler = self.random.choice(["gcc", "clang"])
        self.note(f"compiled by {self.tree.compiler}")

    def upgrade(self):
        """Another version of the workbook is unpacked over this one."""
        file = self.random.choice(list(self.own))
        version = self.random.choice(list(self.own[file]))
        path = f"{self.tree.path}/{file}"
        write(path, self.own[file][version])
        when = time.time() - self.random.choice([0, 7200, 7 * 86400])
        os.utime(path, (when, when))
        self.tree.own[file] = version
        self.note(f"{file} is {version}")

    def pause(self):
        """For a moment of the compile or of the checks, whichever it hits."""
        time.sleep(self.random.uniform(0, 0.6))

    def save_during(self):
        """A save during a grading: that is of what was, or of what is."""
        folder = self.tree.folder
        before = self.tree.state()
        process = self.tree.start()
        self.pause()
        self.edit_to(folder)
        self.note("(saved during a grading)")
        got = verdict_of(process)
        after = self.tree.state()
        # A file that is caught half-written is as good as broken.
        broken = (("broken",) + after[1:],)
        allowed = [self.fresh(state) for state in (before, after) + broken]
        if got not in allowed:
            raise AssertionError(f"during a save: {got}")

    def edit_to(self, folder):
        name = self.random.choice(list(self.programs))
        write(self.tree.file(folder), self.programs[name])
        self.tree.folders[folder] = name
        self.note(f"{folder} is {name}")

    def kill(self):
        """A grading is killed, and all that it has started."""
        process = self.tree.start()
        self.pause()
        os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.stderr.close()
        process.wait()
        self.note("(a grading was killed)")

    def two_at_once(self):
        first, second = self.tree.start(), self.tree.start()
        expected = self.fresh(self.tree.state())
        self.note("(graded twice at once)")
        for process in (first, second):
            got = verdict_of(process)
            if got != expected:
                raise AssertionError(f"two at once: {got}")

    def step(self):
        self.random.choices(
            [self.edit, self.touch, self.switch_folder, self.switch_compiler,
             self.upgrade, self.save_during, self.kill, self.two_at_once],
            [8, 4, 4, 1, 1, 4, 4, 1])[0]()

    def run(self):
        for _ in range(STEPS):
            self.step()
            expected = self.fresh(self.tree.state())
            got = verdict_of(self.tree.start())
            if got != expected:
                raise AssertionError(f"graded as {got}, not as {expected}")


def expect_differences(verdicts):
    """A test that tells no two of them apart would prove nothing."""
    for one, another in itertools.combinations(verdicts, 2):
        if verdicts[one] == verdicts[another]:
            raise AssertionError(f"{one} and {another} get the same verdict")


def fresh_verdicts(own):
    """A function that gives a state's verdict in an untouched copy."""
    known, trees, (programs, _) = {}, {}, variants()

    def tree_of(compiler, files):
        """One for each compiler and version: the programs are all that is
        ever changed in it, and each of them is graded there once."""
        tree = Tree(f"build/prove/fresh{len(trees)}", own)
        tree.compiler = compiler
        for file, version in files:
            write(f"{tree.path}/{file}", own[file][version])
        tree.make_runner()
        return tree

    def fresh(state):
        program, *rest = state
        if tuple(rest) not in trees:
            trees[tuple(rest)] = tree_of(*rest)
        if state not in known:
            tree = trees[tuple(rest)]
            shutil.rmtree(f"{tree.path}/build/programs", ignore_errors=True)
            write(tree.file("lessons"), programs[program])
            known[state] = verdict_of(tree.start())
        return known[state]
    return fresh


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**6)
    os.chdir(os.path.join(os.path.dirname(__file__), "../.."))
    programs, own = variants()
    fresh = fresh_verdicts(own)
    usual = ("gcc",) + (tuple(sorted({file: next(iter(own[file]))
                                      for file in own}.items())),)
    expect_differences({name: fresh((name, *usual)) for name in programs})
    tree = Tree("build/prove/tree", own)
    for folder, name in tree.folders.items():
        write(tree.file(folder), programs[name])
    tree.make_runner()
    for number in range(count):
        sequence = Sequence(tree, fresh, seed + number)
        try:
            sequence.run()
        except AssertionError as error:
            print(f"FAIL builds: sequence {number} of seed {seed}: {error}")
            print("     " + "; ".join(sequence.steps))
            return 1
    print(f"ok   builds: {count} sequences of seed {seed} are graded as in a "
          "fresh clone")
    return 0


if __name__ == "__main__":
    sys.exit(main())

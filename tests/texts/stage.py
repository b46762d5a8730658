"""Where a text is tried: a copy of the workbook, with the programs it needs,
and namespaces, so that ports, addresses and processes are its own."""

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

APART = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount",
         "--mount-proc"]
ONE_USER = ["--map-root-user"]
# What a text may need, beside what the workbook itself does.
TOOLS = ["curl", "dig", "ip", "nc", "openssl", "socat", "ss", "strace",
         "tcpdump", "tshark"]
OF_WORKBOOK = ["Makefile", "common", "lessons", "solutions", "tests", "tools"]
BUILT = ["checks", "common", "compiler", "config.mk", "contents", "files",
         "flags.ours", "flags.tested", "graders", "harness", "probe", "tools",
         "workbook"]
# What a make above us was told, and whatever else would show.
OURS = ["MAKEFLAGS", "MAKELEVEL", "MFLAGS", "LESSON", "PART", "FROM", "CASE",
        "SEED", "VERBOSE", "FRESH", "YES", "TMPDIR", "TEMP", "TMP",
        "ASAN_OPTIONS", "UBSAN_OPTIONS", "LANG", "LANGUAGE"]


@functools.lru_cache(maxsize=None)
def apart():
    """The command by which something is run apart; nothing if it can't be."""
    # A root who may do it remains the real one.
    for more in [], ["--map-root-user", "--map-auto"], ONE_USER:
        command = APART + more
        tried = subprocess.run([*command, "ip", "link", "set", "lo", "up"],
                               stdin=subprocess.DEVNULL, check=False,
                               stderr=subprocess.DEVNULL)
        if tried.returncode == 0:
            return command
    return []


def missing_tools(blocks):
    """The tools that are typed and can't be used."""
    typed = " ".join(step.typed for block in blocks if block.run
                     for step in block.steps if step.kind == "command")
    tools = [tool for tool in TOOLS if
             re.search(rf"(?<![\w./-]){tool}(?![\w.=-])", typed)]
    # tcpdump becomes another user, and there may be none.
    return [tool for tool in tools if not shutil.which(tool) or
            tool == "tcpdump" and apart()[-1:] == ONE_USER]


def environment(stage):
    """What a reader's shell knows."""
    kept = {name: value for name, value in os.environ.items()
            if name not in OURS}
    home = Path(stage, "home").resolve()
    return {**kept, "HOME": str(home), "LC_ALL": "C.UTF-8", "TERM": "dumb",
            "PATH": f"{home}/bin:{kept['PATH']}", "PAGER": "cat",
            "MANPAGER": "cat", "GIT_PAGER": "cat", "NO_COLOR": "1",
            "PYTHONDONTWRITEBYTECODE": "1"}


def furnish(stage):
    """A home, a /tmp, and an empty place for the tree."""
    shutil.rmtree(stage, ignore_errors=True)
    stage = Path(stage)
    (stage / "tree").mkdir(parents=True)
    (stage / "home/bin").mkdir(parents=True)
    (stage / "tmp").mkdir()
    # Who is root already needs no password.
    sudo = stage / "home/bin/sudo"
    sudo.write_text('#!/bin/sh\nexec "$@"\n')
    sudo.chmod(0o755)


def run(command, folder, env):
    """What a command says, if it fails."""
    result = subprocess.run(command, stdin=subprocess.DEVNULL, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            cwd=folder, env=env)
    return result.stdout.decode(errors="replace") if result.returncode else ""


def copy_tree(tree):
    """A copy of the workbook with what is built of it so far."""
    # Others are at work: what has a process's number behind its name is about
    # to go.
    passing = shutil.ignore_patterns("*.[0-9]*")
    for name in [*OF_WORKBOOK, *(f"build/{name}" for name in BUILT)]:
        if Path(name).is_dir():
            shutil.copytree(name, tree / name, symlinks=True, ignore=passing)
        elif Path(name).exists():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, tree / name)


def set_up(stage, lesson, text):
    """Makes the copy, in which all programs of which the text speaks are built.

    What stands in the place of a student's programs is the finished ones.
    Returns what was said, if that was in vain.
    """
    furnish(stage)
    tree = Path(stage, "tree")
    copy_tree(tree)
    said = ""
    spoken_of = set(re.findall(r"build/(?:solutions|lessons)/([\w-]+)", text))
    lessons = sorted(name for name in spoken_of | {lesson}
                     if Path("solutions", name).is_dir())
    for name in lessons:
        for path in Path("solutions", name).glob("*.[ch]"):
            shutil.copy(path, tree / "lessons" / name)
        for where in [], ["FROM=solutions"]:
            said = said or run(["make", "-s", "build", f"LESSON={name}",
                                *where], tree, environment(stage))
    return said


# The stage itself may be below /tmp.
MOVE_IN = """
ip link set lo up && mount -t tmpfs none /run && cd "$1" || exit
case $PWD in
/tmp/*) mkdir -p "tmp${PWD#/tmp}" && mount --bind . "tmp${PWD#/tmp}" ;;
esac
mount --rbind tmp /tmp
"""


def move_in(stage):
    """Makes /tmp and /run the stage's own, in the namespace of its own."""
    subprocess.run(["sh", "-c", MOVE_IN, "sh", str(stage)], check=True)


def bury_the_dead():
    """Goes on as a child of the first process, which waits for all others that
    have lost their parent: nobody else would."""
    child = os.fork()
    if child == 0:
        return
    while True:
        pid, status = os.wait()
        if pid == child:
            sys.stdout.flush()
            os._exit(os.waitstatus_to_exitcode(status) & 0xff)

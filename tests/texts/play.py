"""Tries a text, apart from all others: see stage.py. texts.py starts it.

usage: play.py README STAGE PATIENCE

Prints a line of JSON for each block: what texts.py says of it.
"""

import json
import signal
import sys
from pathlib import Path

import blocks
import stage
from session import Session, Trouble
from terminal import STARTED_WITH


def tell(result, name, *more):
    print(json.dumps([result, name, *more]), flush=True)


def try_block(session, block, name):
    """Does what stands in a block, and tells the result."""
    troubles = []
    for step in block.steps:
        try:
            session.try_step(session.terminal(block.terminal), step)
        except Trouble as trouble:
            troubles.append((step, trouble))
    if not troubles:
        tell("ok", name)
        return
    readme = name.split(":")[0]
    said = [f"{readme}:{step.line}: in terminal {block.terminal}: {step}\n"
            f"{trouble.why}\n{trouble.more}" for step, trouble in troubles]
    tell("not_ok", name, troubles[0][1].why, "\n".join(said))


def heed_the_keyboard():
    """Lets Ctrl-C and Ctrl-\\ be what they are in the terminals.

    Who was started in the background of a script is told to ignore both, and
    so would be whoever it starts.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def main(readme, place, patience):
    heed_the_keyboard()
    stage.bury_the_dead()
    stage.move_in(place)
    Path(place, "home/.bashrc").write_text(STARTED_WITH, encoding="utf-8")
    session = Session(Path(place, "tree"), stage.environment(place),
                      float(patience))
    text = Path(readme).read_text(encoding="utf-8")
    for block in blocks.read(text):
        name = f"{readme}:{block.line}"
        if block.wrong:
            tell("not_ok", name, block.wrong)
        elif block.run:
            try_block(session, block, name)
        else:
            tell("skipped", name, "norun")
    session.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""tap: what the parts of the proof that are in Python are written with."""

import re
import sys


class Tap:
    """Prints a line of TAP for each result; ends with finish()."""

    def __init__(self, again):
        self.again = again  # how to run one result alone, given its name
        self.results = 0
        self.failures = 0

    def ok(self, name):
        self.results += 1
        print(f"ok {self.results} - {name}", flush=True)

    def skipped(self, name, why):
        self.results += 1
        print(f"ok {self.results} - {name} # SKIP {why}", flush=True)

    def not_ok(self, name, why, said=""):
        """What more there is to be shown goes where `prove` shows it."""
        self.results += 1
        self.failures += 1
        print(f"not ok {self.results} - {name}", flush=True)
        shown = re.sub("^", "       ", said.rstrip(), flags=re.M)
        print(f"\nFAIL {name}: {why}\n{shown}\n       again: "
              f"{self.again(name)}", file=sys.stderr, flush=True)

    def finish(self):
        """The plan. Returns the exit status."""
        print(f"1..{self.results}", flush=True)
        return 1 if self.failures else 0

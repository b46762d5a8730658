"""Lesson 07: fetch, and web servers that others wrote."""

import os
import re
import signal
import sys
import tempfile
from pathlib import Path

from case import SCRATCH, Case, Ours, Trouble

FETCH = Ours("07-timeouts", "fetch")
PEER = [sys.executable, "tests/interop/web_peer.py"]
NGINX, BUSYBOX, IPV6 = "nginx", "busybox with httpd", "IPv6"
PAGES = {"page": os.urandom(100_000), "small.txt": b"Hello\n", "empty": b""}


def judge(program, status, content):
    """What it has printed is a whole response: that status, that content."""
    program.succeed()
    program.complain_not()
    header, _, rest = program.output.whole().partition(b"\r\n\r\n")
    if not re.match(rb"HTTP/1\.[01] %d " % status, header):
        raise Trouble(f"HTTP, and {status}", str(header[:20]), program)
    if content is not None and rest != content:
        raise Trouble(f"{len(content)} bytes of content",
                      f"{len(rest)}, or others", program)


def fetch(trial, kind, host):
    """Each page, and one that there is not."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        for name, content in PAGES.items():
            Path(folder, name).write_bytes(content)
        server = trial.serve([*PEER, kind, host, folder])
        for name, content in PAGES.items():
            judge(trial.start([FETCH, host, server.port, f"/{name}", "20"]),
                  200, content)
        judge(trial.start([FETCH, host, server.port, "/no/such", "20"]),
              404, None)
        # nginx waits for those that it has started, if it is asked to end.
        os.kill(server.process.pid, signal.SIGTERM)
        server.wait()


CASES = [
    Case("our fetch, Python's http.server", fetch, "python", "127.0.0.1"),
    Case("our fetch by IPv6, Python's http.server", fetch, "python", "::1",
         needs=IPV6),
    Case("our fetch, nginx", fetch, "nginx", "127.0.0.1", needs=NGINX),
    Case("our fetch, busybox's httpd", fetch, "busybox", "127.0.0.1",
         needs=BUSYBOX),
]

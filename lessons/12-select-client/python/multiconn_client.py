#!/usr/bin/env python3
"""multiconn_client.py HOST PORT NUM_CONNECTIONS

Opens that many connections to an echo server, all at once, in one thread;
sends two messages on each, and checks that exactly they come back.
"""

# Not passed: reports_a_full_stdout: Python's own status for that is 120
# Not passed: refuses_bad_arguments: there is no usage, and no status 2

import errno
import os
import selectors
import socket
import sys

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
MESSAGES = b"Message 1 from client." b"Message 2 from client."


def check(reason):
    if reason:
        raise OSError(reason, os.strerror(reason))


def connection(number, server, address):
    """Yields what it waits for; is told each time what is ready."""
    reason = server.connect_ex(address)
    check(0 if reason == errno.EINPROGRESS else reason)
    yield WRITE
    check(server.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
    sent = received = 0
    while received < len(MESSAGES):
        ready = yield READ | (WRITE if sent < len(MESSAGES) else 0)
        try:
            if ready & WRITE:
                sent += server.send(MESSAGES[sent:])
            if ready & READ:
                piece = server.recv(len(MESSAGES) - received)
                if not piece:
                    raise OSError("the reply ended early")
                if not MESSAGES.startswith(piece, received):
                    raise OSError("other bytes came back than were sent")
                received += len(piece)
                print(f"received {len(piece)} bytes from connection {number}")
        except BlockingIOError:
            pass  # it was a false alarm


class Client:
    """All connections, each watched for what it wants."""

    def __init__(self, address):
        self.address = address
        self.selector = selectors.DefaultSelector()
        self.failures = 0

    def start(self, number):
        server = socket.socket()
        server.setblocking(False)
        print(f"starting connection {number} to %s:%d" % self.address)
        steps = connection(number, server, self.address)
        self.go_on(number, server, steps, None)

    def go_on(self, number, server, steps, ready):
        """Lets one connection do what it can."""
        try:
            wanted = steps.send(ready)
        except StopIteration:
            pass  # both messages have come back
        except OSError as problem:
            self.failures += 1
            print(f"multiconn_client: connection {number}: %s:%d: "
                  % self.address + (problem.strerror or str(problem)),
                  file=sys.stderr)
        else:
            self.selector.register(server, wanted, (number, server, steps))
            return
        print("closing connection", number)
        server.close()

    def run(self):
        while self.selector.get_map():
            for key, ready in self.selector.select():
                self.selector.unregister(key.fileobj)
                self.go_on(*key.data, ready)


def main():
    host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sys.stdout.reconfigure(line_buffering=True)
    client = Client((host, port))
    for number in range(1, count + 1):
        client.start(number)
    client.run()
    return client.failures > 0


if __name__ == "__main__":
    sys.exit(main())

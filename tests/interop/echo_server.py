"""An echo server, for the clients of lessons 02 and 12 to talk to.

    echo_server.py HOST PORT

It prints "listening on HOST:PORT" and serves any number of clients until it is
killed. What it sends back comes a few bytes at a time, so that a client has to
put its replies together. It shares no code with the solutions.
"""

import selectors
import socket
import sys

PIECE = 7  # bytes that are sent at a time


class Client:
    """One connection, and what is still to be sent back on it."""

    def __init__(self, connection):
        self.connection = connection
        self.unsent = b""

    def go_on(self, events):
        """Does what its connection is ready for. Returns what it waits for."""
        if events & selectors.EVENT_READ:
            data = self.connection.recv(4096)
            if not data:
                return 0
            self.unsent += data
        sent = self.connection.send(self.unsent[:PIECE])
        self.unsent = self.unsent[sent:]
        write = selectors.EVENT_WRITE if self.unsent else 0
        return selectors.EVENT_READ | write


def accept(selector, listener):
    connection, _ = listener.accept()
    connection.setblocking(False)
    # Each piece goes on its way at once: they are not to be joined again.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    selector.register(connection, selectors.EVENT_READ, Client(connection))


def serve(host, port):
    listener = socket.create_server((host, int(port)), backlog=500)
    print("listening on %s:%d" % listener.getsockname(), flush=True)
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, events in selector.select():
                if key.fileobj is listener:
                    accept(selector, listener)
                    continue
                events = key.data.go_on(events)
                if events:
                    selector.modify(key.fileobj, events, key.data)
                else:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    serve(*sys.argv[1:])

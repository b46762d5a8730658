#!/usr/bin/env python3
"""multiconn_server.py HOST PORT

Serves any number of clients at once, in one thread: sends back to each what it
sends, until it has finished. SIGINT or SIGTERM stops it.
"""

# Not passed: survives_a_full_machine: it does not pause, and spins
# Not passed: survives_without_descriptors: it does not pause, and spins
# Not passed: stops_at_any_moment: select() has no mask as pselect() has
# Not passed: refuses_bad_arguments: there is no usage, and no status 2
# Not passed: survives_more_than_select_can_watch: select() raises ValueError

import select
import signal
import socket
import sys

LIMIT = 16384  # so many bytes are kept for a client, and no more


class Client:
    """One connection, and what it still has to get."""

    def __init__(self, connection, address):
        self.socket = connection
        self.name = "%s:%d" % address
        self.backlog = b""
        self.finished = False  # the client has finished sending
        connection.setblocking(False)
        print("accepted connection from", self.name, flush=True)

    def fileno(self):
        """By this, select() takes a Client for its socket."""
        return self.socket.fileno()

    def wants_read(self):
        return not self.finished and len(self.backlog) < LIMIT

    def serve(self, readable):
        """Does what can be done without waiting; False: the client is done."""
        try:
            if readable:
                received = self.socket.recv(LIMIT - len(self.backlog))
                self.finished = not received
                self.backlog += received
            if self.backlog:
                sent = self.socket.send(self.backlog)
                self.backlog = self.backlog[sent:]
        except BlockingIOError:
            pass  # it was a false alarm
        except OSError as problem:  # a reset, most often
            print(f"multiconn_server: echo {self.name}: {problem.strerror}",
                  file=sys.stderr)
            return False
        return not self.finished or bool(self.backlog)

    def close(self):
        print("closing connection to", self.name, flush=True)
        self.socket.close()


def turn(listener, clients):
    """Waits, serves who is ready, and accepts one more client."""
    readers = [client for client in clients if client.wants_read()]
    writers = [client for client in clients if client.backlog]
    readable, writable, _ = select.select([listener] + readers, writers, [])
    for client in {*readable, *writable} - {listener}:
        if not client.serve(client in readable):
            clients.remove(client)
            client.close()
    if listener in readable:
        try:
            clients.add(Client(*listener.accept()))
        except BlockingIOError:
            pass
        except OSError as problem:
            print(f"multiconn_server: accept: {problem.strerror}",
                  file=sys.stderr)


def main():
    host, port = sys.argv[1], int(sys.argv[2])
    listener = socket.create_server((host, port), backlog=socket.SOMAXCONN)
    listener.setblocking(False)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    clients = set()
    try:
        print("listening on %s:%d" % listener.getsockname(), flush=True)
        while True:
            turn(listener, clients)
    except KeyboardInterrupt:  # SIGINT and SIGTERM
        for client in clients:
            client.close()


if __name__ == "__main__":
    main()

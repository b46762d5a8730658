"""A client of an echo server, for the server of lesson 11 to talk to.

    echo_client.py HOST PORT COUNT <DATA

It sends DATA on COUNT connections, all open at the same time; each begins
STEP bytes further on than the one before, so that no two send the same. Exit
status 1, and a sentence, if not exactly that comes back. It shares no code with
the solutions.
"""

import selectors
import socket
import sys

STEP = 1000
BOTH = selectors.EVENT_READ | selectors.EVENT_WRITE


class Connection:
    """One connection: what is to be sent on it, and what came back."""

    def __init__(self, address, data):
        self.socket = socket.create_connection(address)
        self.socket.setblocking(False)
        self.data = self.unsent = data
        self.reply = b""

    def receive(self):
        """Takes what has come. Returns whether more can come."""
        received = self.socket.recv(5000)
        self.reply += received
        if not received and self.reply != self.data:
            sys.exit("echo_client.py: %d bytes were sent, and not what came "
                     "back: %d bytes" % (len(self.data), len(self.reply)))
        return bool(received)

    def send(self):
        """Sends some of it, or the end. Returns whether there is more."""
        sent = self.socket.send(self.unsent[:3000])
        self.unsent = self.unsent[sent:]
        if not self.unsent:
            self.socket.shutdown(socket.SHUT_WR)
        return bool(self.unsent)


def go_on(selector, connection, events):
    """Does what the connection is ready for. Closes it at the end."""
    if events & selectors.EVENT_READ and not connection.receive():
        selector.unregister(connection.socket)
        connection.socket.close()
    elif events & selectors.EVENT_WRITE and not connection.send():
        selector.modify(connection.socket, selectors.EVENT_READ, connection)


def talk(host, port, count):
    data = sys.stdin.buffer.read()
    with selectors.DefaultSelector() as selector:
        for number in range(int(count)):
            connection = Connection((host, int(port)), data[number * STEP:])
            selector.register(connection.socket, BOTH, connection)
        while selector.get_map():
            for key, events in selector.select():
                go_on(selector, key.data, events)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        talk(*sys.argv[1:])
    except OSError as error:
        sys.exit("echo_client.py: %s" % error)

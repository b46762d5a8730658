#!/usr/bin/env python3
"""echo_server.py HOST PORT

Serves one client: sends back every byte that the client sends, in order,
until the client has finished; then exits.
"""

# Not passed: refuses_a_bad_port: a traceback, and status 1
# Not passed: refuses_a_bad_host: a traceback, and status 1
# Not passed: asks_for_its_arguments: a traceback, and status 1

import socket
import sys


def main():
    """Serves one client at the address that the arguments name."""
    host, port = sys.argv[1], int(sys.argv[2])
    with socket.create_server((host, port)) as listener:
        print("listening on %s:%d" % listener.getsockname(), flush=True)
        client, _ = listener.accept()
        with client:
            while piece := client.recv(16384):
                client.sendall(piece)


main()

"""An echo server for either family, and a client that is given a name.

    names_peer.py serve            on every interface, at a port of its own
    names_peer.py ask HOST PORT    sends its standard input, prints what it gets

Both are what Python's library makes of names and addresses.
"""

import socket
import sys
import threading


def echo(client):
    with client:
        while piece := client.recv(4096):
            client.sendall(piece)


def serve():
    with socket.create_server(("", 0), family=socket.AF_INET6,
                              dualstack_ipv6=True) as listener:
        print(f"listening on [::]:{listener.getsockname()[1]}", flush=True)
        while True:
            client, _ = listener.accept()
            threading.Thread(target=echo, args=[client], daemon=True).start()


def ask(host, port):
    with socket.create_connection((host, port)) as server:
        message = sys.stdin.buffer.read()

        def send():
            server.sendall(message)
            server.shutdown(socket.SHUT_WR)
        threading.Thread(target=send).start()
        while piece := server.recv(4096):
            sys.stdout.buffer.write(piece)


if sys.argv[1] == "serve":
    serve()
else:
    ask(*sys.argv[2:])

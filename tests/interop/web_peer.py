"""Web servers that others wrote, at a port of the kernel's choice.

    web_peer.py SERVER HOST FOLDER

serves what is in FOLDER. SERVER is python (the library's http.server, which
keeps a connection open if it may), nginx, or busybox (its httpd).
"""

import functools
import http.server
import os
import signal
import socket
import sys
import threading


def announce(listener):
    print(f"listening on HOST:{listener.getsockname()[1]}", flush=True)


def listen(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, 0), family=family)


class Keeping(http.server.SimpleHTTPRequestHandler):
    """It ends no connection unless the client asks for that."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Says nothing."""


def python(host, folder):
    with listen(host) as listener:
        announce(listener)
        while True:
            client, address = listener.accept()
            serve = functools.partial(Keeping, client, address, None,
                                      directory=folder)
            threading.Thread(target=serve, daemon=True).start()


CONFIGURATION = """
{user} daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fast; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen {host}:{port}; root {folder}; }}
}}
"""


def nginx(host, folder):
    # It knows no port 0. It takes a socket that is there already, as from an
    # older nginx that it is to follow.
    listener = listen(host)
    port = listener.getsockname()[1]
    folder = os.path.abspath(folder)
    configuration = f"{folder}/nginx.conf"
    user = "user root;" if os.getuid() == 0 else ""  # who may read it
    with open(configuration, "w", encoding="utf-8") as file:
        file.write(CONFIGURATION.format(folder=folder, host=host, port=port,
                                        user=user))
    os.set_inheritable(listener.fileno(), True)
    os.environ["NGINX"] = f"{listener.fileno()};"
    announce(listener)
    os.execvp("nginx", ["nginx", "-c", configuration, "-e", "stderr"])


def busybox(host, folder):
    # As inetd(8) starts it: the connection is its standard input and output.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    with listen(host) as listener:
        announce(listener)
        while True:
            client, _ = listener.accept()
            if os.fork() == 0:
                os.dup2(client.fileno(), 0)
                os.dup2(client.fileno(), 1)
                os.execvp("busybox", ["busybox", "httpd", "-i", "-h", folder])
            client.close()


if __name__ == "__main__":
    {"python": python, "nginx": nginx,
     "busybox": busybox}[sys.argv[1]](*sys.argv[2:])

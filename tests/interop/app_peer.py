"""Speaks lessons 14 to 16's protocol, to prove that the solutions do too.

    app_peer.py serve HOST PORT [ENCODING]
    app_peer.py ask HOST PORT ACTION VALUE [ENCODING]

serve prints "listening on HOST:PORT" and answers until it is killed. ENCODING
is what its JSON is written in: utf-8, or any other that Python knows.

ask sends one request and prints the reply: "got result: R" if it is JSON,
"got response: B" if not. A search is sent as JSON; any other action, together
with its value, as bytes. With an ENCODING, every action is sent as JSON in it.

It shares no code with the solutions, so that a mistake there is not made here
too. It needs json from Python's standard library (Debian's package python3;
python3-minimal has it not).
"""

import json
import selectors
import socket
import struct
import sys

LENGTH = struct.Struct(">H")  # of the header, in network byte order
BINARY_REPLY = b"First 10 bytes of request: "
FOUND = {
    "morpheus": "Follow the white rabbit. \U0001f430",
    "ring": "In the caves beneath the Misty Mountains. \U0001f48d",
    "\U0001f436": "\U0001f43e Playing ball! \U0001f3d0",
}


def pack(content_type, encoding, content):
    header = {
        "byteorder": sys.byteorder,
        "content-type": content_type,
        "content-encoding": encoding,
        "content-length": len(content),
    }
    header = json.dumps(header, ensure_ascii=False).encode("utf-8")
    return LENGTH.pack(len(header)) + header + content


def pack_json(value, encoding):
    text = json.dumps(value, ensure_ascii=False)
    return pack("text/json", encoding, text.encode(encoding))


def checked_header(data):
    """The header that data is. Raises ValueError if it can't be one."""
    header = json.loads(data.decode("utf-8"))
    if not isinstance(header, dict):
        raise ValueError("the header is not a JSON object")
    if header.get("byteorder") not in ("little", "big"):
        raise ValueError("the header has no byteorder, or a wrong one")
    for name in "content-type", "content-encoding":
        if not isinstance(header.get(name), str):
            raise ValueError("the header has no %s that is a string" % name)
    size = header.get("content-length")
    if type(size) is not int or size < 0:  # True is an int, too
        raise ValueError("the header has no content-length, or a wrong one")
    return header


def unpack(data):
    """The header and the content that data begins with, and the bytes of both.

    None if more has to come. Raises ValueError if it can't become a message.
    """
    if len(data) < LENGTH.size:
        return None
    start = LENGTH.size + LENGTH.unpack_from(data)[0]
    if len(data) < start:
        return None
    header = checked_header(bytes(data[LENGTH.size : start]))
    end = start + header["content-length"]
    if len(data) < end:
        return None
    return header, bytes(data[start:end]), end


def read_json(header, content):
    try:
        return json.loads(content.decode(header["content-encoding"]))
    except LookupError as error:  # an encoding that Python does not know
        raise ValueError(str(error)) from error


def reply_to(header, content, encoding):
    if header["content-type"] != "text/json":
        reply = BINARY_REPLY + content[:10]
        return pack("binary/custom-server-binary-type", "binary", reply)
    request = read_json(header, content)
    if not isinstance(request, dict):
        raise ValueError("the request is not a JSON object")
    action, value = request.get("action"), request.get("value")
    if action == "search":
        found = FOUND.get(value) if isinstance(value, str) else None
        result = found or "No match for '%s'." % (value,)
    else:
        result = "Error: invalid action '%s'." % (action,)
    return pack_json({"result": result}, encoding)


class Client:
    """One connection of the server: a request comes, and a reply goes."""

    def __init__(self, connection):
        self.connection = connection
        self.received = bytearray()
        self.unsent = None  # the reply, once there is one

    def receive(self, encoding):
        data = self.connection.recv(4096)
        if not data:
            raise ValueError("the client closed before its request was whole")
        self.received += data
        message = unpack(self.received)
        if message:
            header, content, _ = message
            self.unsent = reply_to(header, content, encoding)

    def send(self):
        sent = self.connection.send(self.unsent)
        self.unsent = self.unsent[sent:]


def advance(selector, client, encoding):
    """Does what the client's connection is ready for. Closes it at the end."""
    try:
        if client.unsent is None:
            client.receive(encoding)
            if client.unsent is not None:
                selector.modify(
                    client.connection, selectors.EVENT_WRITE, client
                )
        else:
            client.send()
        done = client.unsent == b""
    except BlockingIOError:
        done = False
    except (OSError, ValueError) as error:  # one client's fault, not the end
        print("app_peer.py: %s" % error, file=sys.stderr, flush=True)
        done = True
    if done:
        selector.unregister(client.connection)
        client.connection.close()


def accept(selector, listener):
    try:
        connection, _ = listener.accept()
    except OSError:  # the client has gone again
        return
    connection.setblocking(False)
    selector.register(connection, selectors.EVENT_READ, Client(connection))


def serve(host, port, encoding="utf-8"):
    "".encode(encoding)  # fails at once if there is no such encoding
    listener = socket.create_server((host, int(port)), backlog=500)
    listener.setblocking(False)
    print("listening on %s:%d" % listener.getsockname(), flush=True)
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is listener:
                    accept(selector, listener)
                else:
                    advance(selector, key.data, encoding)


def request_for(action, value, encoding):
    if action == "search" or encoding:
        request = {"action": action, "value": value}
        return pack_json(request, encoding or "utf-8")
    content = (action + value).encode("utf-8")
    return pack("binary/custom-client-binary-type", "binary", content)


def ask(host, port, action, value, encoding=None):
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(request_for(action, value, encoding))
        data = bytearray()
        while received := connection.recv(4096):
            data += received
    message = unpack(data)
    if not message:
        raise ValueError("the reply ends after %d bytes" % len(data))
    header, content, size = message
    if size < len(data):
        raise ValueError("%d bytes follow the reply" % (len(data) - size))
    if header["content-type"] == "text/json":
        reply = read_json(header, content)
        if not isinstance(reply, dict) or "result" not in reply:
            raise ValueError("the reply has no result")
        print("got result: %s" % reply["result"])
    else:
        print("got response: %r" % content)


def main(arguments):
    if arguments[:1] == ["serve"] and len(arguments) in (3, 4):
        run = serve
    elif arguments[:1] == ["ask"] and len(arguments) in (5, 6):
        run = ask
    else:
        sys.exit(__doc__)
    try:
        run(*arguments[1:])
    except (OSError, ValueError, LookupError) as error:
        sys.exit("app_peer.py: %s" % error)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Docker's engine, asked over its socket: a program that asks for us costs more than the answer does."""

import http.client
import json
import socket
from urllib.parse import urlencode

SOCKET = "/var/run/docker.sock"
TIMEOUT = 120


class _Link(http.client.HTTPConnection):
    def __init__(self):
        super().__init__("localhost", timeout=TIMEOUT)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(SOCKET)


def ask(method, path, body=None, /, **query):
    """The octets of the answer. body: octets of a tar archive, or what JSON has; fails with what the
    engine says."""
    if isinstance(body, bytes):
        kind = "application/x-tar"
    else:
        kind, body = "application/json", json.dumps(body).encode() if body is not None else None
    link = _Link()
    try:
        link.request(method, f"{path}?{urlencode(query)}" if query else path, body,
                     {"Content-Type": kind} if body else {})
        answer = link.getresponse()
        text = answer.read()
    finally:
        link.close()
    if answer.status >= 400:
        raise AssertionError(f"docker {method} {path}: {answer.status} {text.decode(errors='replace')}")
    return text


def tell(method, path, body=None, /, **query):
    """ask() where the answer is JSON."""
    return json.loads(ask(method, path, body, **query))


def streams(octets):
    """(standard output, standard error, both as they came) out of what a container's programs said:
    frames, each after an octet for the stream, three of nothing, and four of length."""
    out, errors, both = [], [], []
    at = 0
    while at + 8 <= len(octets):
        length = int.from_bytes(octets[at + 4:at + 8], "big")
        frame = octets[at + 8:at + 8 + length]
        (errors if octets[at] == 2 else out).append(frame)
        both.append(frame)
        at += 8 + length
    return b"".join(out), b"".join(errors), b"".join(both)

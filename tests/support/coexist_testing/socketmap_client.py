"""A client of the socketmap protocol, as Postfix is one."""

import socket

from coexist_testing.net import family_of
from coexist_testing.wait import SLOWNESS


def netstring(text):
    octets = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return b"%d:%s," % (len(octets), octets)


class SocketmapClient:
    """One connection. ask() returns (`OK`, `NOTFOUND`, `TEMP` or `PERM`, what follows)."""

    def __init__(self, address, timeout=10):
        self.socket = socket.socket(family_of(address))
        self.socket.connect(address)  # which waits where many connect at once
        self.socket.settimeout(timeout * SLOWNESS)
        self._read = b""

    def send(self, octets):
        self.socket.sendall(octets)

    def ask(self, table, key):
        key = key.encode("utf-8", "surrogateescape") if isinstance(key, str) else key
        self.send(netstring(table.encode() + b" " + key))
        return self.answer()

    def answer(self):
        """The next reply; None when the server has closed the connection."""
        while True:
            length, colon, rest = self._read.partition(b":")
            if colon and len(rest) > int(length):
                break
            octets = self._receive()
            if not octets:
                assert not self._read, f"a part of a reply: {self._read}"
                return None
            self._read += octets
        text, comma, self._read = rest[:int(length)], rest[int(length):][:1], rest[int(length) + 1:]
        assert comma == b",", (text, comma)
        kind, _, value = text.partition(b" ")
        return kind.decode(), value.decode("utf-8", "surrogateescape")

    def _receive(self):
        try:
            return self.socket.recv(65536)
        except ConnectionResetError:
            return b""

    def is_closed(self):
        """Waits until the server has closed the connection, and says whether no reply came."""
        return self.answer() is None

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def ask(address, table, key):
    """One question over a connection of its own."""
    with SocketmapClient(address) as client:
        return client.ask(table, key)

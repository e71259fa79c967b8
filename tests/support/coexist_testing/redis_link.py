"""A client of Redis for a test that writes many records a second: no process for each command."""

import socket


class RedisError(Exception):
    """An error reply."""


class RedisLink:
    """One connection to a RedisServer or a Sentinel. Raises OSError when it is lost."""

    def __init__(self, address, timeout=10):
        """address: the path of a unix socket, or (host, port)."""
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family)
        try:
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        except BaseException:
            self.socket.close()
            raise
        self.stream = self.socket.makefile("rb")

    def close(self):
        self.stream.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def command(self, *words):
        return self.pipeline([words])[0]

    def pipeline(self, commands):
        """The replies to several commands, sent at once: str, int, None or a list."""
        self.socket.sendall(b"".join(_encode(words) for words in commands))
        replies = [self._read() for _ in commands]
        for reply in replies:
            if isinstance(reply, RedisError):
                raise reply
        return replies

    def _read(self):
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"+":
            return rest
        if kind == b"-":
            return RedisError(rest)
        if kind == b":":
            return int(rest)
        if int(rest) < 0:
            return None
        if kind == b"*":
            return [self._read() for _ in range(int(rest))]
        return self.stream.read(int(rest) + 2)[:-2].decode("utf-8", "surrogateescape")


def _encode(words):
    octets = [str(word).encode("utf-8", "surrogateescape") for word in words]
    return b"*%d\r\n" % len(octets) + b"".join(b"$%d\r\n%s\r\n" % (len(o), o) for o in octets)

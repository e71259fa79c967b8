"""A server that speaks Redis' protocol and fails in every way that a test asks for."""

import socket
import socketserver
import threading

from coexist_testing.net import make_folder, remove_folder


class FakeRedis:
    """Answers HGETALL from `records` on a unix socket, until close().

    records   {key: {field: value}}
    errors    {key: "OOM command not allowed ..."}: answered with this error reply
    mood      for the server as a whole: `well`; `hung`: takes commands and answers nothing;
              `closing`: ends each connection at its first command; `garbage`: answers what is no
              protocol; `cut`: half an answer, then ends the connection; or an error reply, such as
              "LOADING Redis is loading the dataset in memory"
    url       unix:///.../redis.sock?db=0

    connections   how many came so far
    commands      [(VERB, argument, ...)] so far, in order
    """

    def __init__(self):
        self.folder = make_folder("redis")
        self.socket = f"{self.folder}/redis.sock"
        self.url = f"unix://{self.socket}?db=0"
        self.records, self.errors = {}, {}
        self.mood = "well"
        self.connections = 0
        self.commands = []
        self.lock = threading.Lock()
        self._open = set()
        fake = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                with fake.lock:
                    fake.connections += 1
                    fake._open.add(self.request)
                try:
                    fake._serve(self.rfile, self.wfile)
                except (OSError, ValueError):
                    pass
                finally:
                    with fake.lock:
                        fake._open.discard(self.request)

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 200

        self._server = Server(self.socket, Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def record(self, address, **fields):
        """Sets a user's record."""
        self.records[f"coexist:user:{address}"] = fields

    def lookups(self, address=None):
        """How often user records were asked for; those of an address."""
        with self.lock:
            keys = [words[1] for words in self.commands if words[0] == "HGETALL"]
        if address:
            return keys.count(f"coexist:user:{address}")
        return len([key for key in keys if key.startswith("coexist:user:")])

    def open_connections(self):
        with self.lock:
            return len(self._open)

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        with self.lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        remove_folder(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _serve(self, stream, out):
        while True:
            words = _read_command(stream)
            if not words:
                return
            with self.lock:
                self.commands.append(words)
            mood = self.mood
            if mood == "closing":
                return
            if mood == "cut":
                out.write(b"*2\r\n$4\r\nho")
                return
            if mood != "hung":
                out.write(self._answer(mood, words))

    def _answer(self, mood, words):
        if mood == "garbage":
            return b"HTTP/1.1 400 Bad Request\r\n\r\n"
        if mood != "well":
            return f"-{mood}\r\n".encode()
        if words[0] != "HGETALL":
            return b"+OK\r\n"
        if words[1] in self.errors:
            return f"-{self.errors[words[1]]}\r\n".encode()
        fields = [word for pair in self.records.get(words[1], {}).items() for word in pair]
        return b"*%d\r\n" % len(fields) + b"".join(_bulk(word) for word in fields)


def _bulk(word):
    octets = word.encode()
    return b"$%d\r\n%s\r\n" % (len(octets), octets)


def _read_command(stream):
    head = stream.readline()
    if not head:
        return None
    words = []
    for _ in range(int(head[1:])):
        size = int(stream.readline()[1:])
        words.append(stream.read(size + 2)[:-2].decode())
    return tuple([words[0].upper(), *words[1:]])

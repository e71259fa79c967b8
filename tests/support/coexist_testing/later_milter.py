"""A milter of somebody else's, listed after the filter: it has the last word about a message."""

import os
import socketserver
import struct
import threading

from coexist_testing.milter_protocol import ALL_STEPS
from coexist_testing.net import make_folder, remove_folder

_NEGOTIATE, _END_OF_MESSAGE, _QUIT = b"O", b"E", b"Q"
_REPLY = b"y"


class LaterMilter:
    """Answers the end of the next `refusals` messages with `reply`, and takes all else.

    milter     as Postfix writes it
    refused    how often it did
    """

    def __init__(self, reply="451 4.7.1 not now"):
        self.reply = reply
        self.refusals = self.refused = 0
        self.folder = make_folder("later")
        self.path = f"{self.folder}/milter.sock"
        self.milter = f"unix:{self.path}"
        milter = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    milter.serve(self.rfile, self.wfile)
                except OSError:
                    pass

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True
            block_on_close = False

        self.server = Server(self.path, Handler)
        os.chmod(self.path, 0o666)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def serve(self, incoming, outgoing):
        while True:
            size = incoming.read(4)
            if len(size) < 4:
                return
            packet = incoming.read(struct.unpack("!I", size)[0])
            command = packet[:1]
            answer = None
            if command == _NEGOTIATE:
                answer = _NEGOTIATE + struct.pack("!III", 6, 0, _no_callbacks(packet))
            elif command == _END_OF_MESSAGE:
                answer = self._last_word()
            elif command == _QUIT:
                return
            if answer:
                outgoing.write(struct.pack("!I", len(answer)) + answer)

    def _last_word(self):
        if self.refused >= self.refusals:
            return b"c"
        self.refused += 1
        return _REPLY + self.reply.encode() + b"\0"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        remove_folder(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _no_callbacks(packet):
    """Of the steps that the MTA offers, all: nothing is answered but the end."""
    return struct.unpack("!I", packet[9:13])[0] & ALL_STEPS

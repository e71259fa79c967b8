"""A name server of a test's own, on a free port of loopback."""

import socketserver
import struct
import threading

from coexist_testing.net import free_port

MX, IN = 15, 1
NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME = 0, 2, 3


class DnsServer:
    """Answers questions for MX over UDP, until close().

    mx        {domain: [(preference, host)]}; `.` is the null MX. A domain with an empty list exists
              and has none; one that is not there does not exist
    mood      `well`, `silent` or `failing` (SERVFAIL)
    address   `127.0.0.1:PORT`
    """

    def __init__(self):
        self.mx, self.mood = {}, "well"
        dns = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                octets, link = self.request
                if dns.mood != "silent":
                    link.sendto(dns._answer(octets), self.client_address)

        class Server(socketserver.ThreadingUDPServer):
            daemon_threads = True
            block_on_close = False

        port = free_port()
        self._server = Server(("127.0.0.1", port), Handler)
        self.address = f"127.0.0.1:{port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _answer(self, octets):
        number = octets[:2]
        labels, at = [], 12
        while octets[at]:
            labels.append(octets[at + 1:at + 1 + octets[at]].decode())
            at += 1 + octets[at]
        question = octets[12:at + 5]
        name = ".".join(labels).lower()
        records = self.mx.get(name, [])
        code = NO_ERROR if name in self.mx else NO_SUCH_NAME
        if self.mood == "failing":
            code, records = SERVER_FAILURE, []
        head = number + struct.pack("!HHHHH", 0x8580 | code, 1, len(records), 0, 0)
        return head + question + b"".join(_record(*r) for r in records)


def _record(preference, host):
    labels = [label.encode() for label in host.split(".") if label]
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    data = struct.pack("!H", preference) + name
    # Its name is that of the question, 12 octets into the message.
    return b"\xc0\x0c" + struct.pack("!HHIH", MX, IN, 60, len(data)) + data

"""A socketmap server: Postfix tables that a test changes while Postfix runs."""

import socketserver
import threading


class TableServer:
    """Tables by name; each is a function from a key to a value, or None for `not found`.

    Changes rule the next question: no postmap, no reload. Postfix itself remembers the answer to
    its last question for up to 30 s, so flip one address and ask for it again only after another.
    """

    def __init__(self, address, tables):
        self.tables = tables
        server = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                while True:
                    request = _read_netstring(self.rfile)
                    if request is None:
                        return
                    reply = server.answer(request).encode()
                    self.wfile.write(b"%d:%s," % (len(reply), reply))

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False

        self.server = Server((address, 0), Handler)
        self.port = self.server.server_address[1]
        self.spec = f"socketmap:inet:{address}:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, request):
        name, _, key = request.partition(" ")
        table = self.tables.get(name)
        if table is None:
            return f"PERM no table {name}"
        value = table(key)
        return "NOTFOUND " if value is None else f"OK {value}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def _read_netstring(stream):
    size = b""
    while True:
        octet = stream.read(1)
        if not octet:
            return None
        if octet == b":":
            break
        size += octet
    text = stream.read(int(size))
    stream.read(1)
    return text.decode("utf-8", "surrogateescape")

"""Addresses and ports on loopback that no other test run uses."""

import random
import socket
import tempfile
import os
import shutil


def loopback_address():
    """An address of 127.0.0.0/8 of one's own; several runs at once find different ones."""
    chooser = random.SystemRandom()
    return f"127.{chooser.randrange(16, 240)}.{chooser.randrange(256)}.{chooser.randrange(1, 255)}"


def family_of(address):
    """The family of a server at a path or a (host, port)."""
    if isinstance(address, str):
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET


def free_port(address="127.0.0.1"):
    with socket.socket(family_of((address, 0))) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def make_folder(name):
    """A temporary folder that servers under another user may enter."""
    folder = tempfile.mkdtemp(prefix=f"coexist-{name}-")
    os.chmod(folder, 0o755)
    return folder


def remove_folder(folder):
    shutil.rmtree(folder, ignore_errors=True)


def accepts(address):
    """Whether a server listens at a path or a (host, port)."""
    with socket.socket(family_of(address)) as probe:
        probe.settimeout(1)
        try:
            probe.connect(address)
            return True
        except OSError:
            return False

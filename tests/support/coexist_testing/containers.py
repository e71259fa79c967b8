"""The containers of docker/compose.yaml, by the Docker command line."""

import concurrent.futures
import io
import os
import subprocess
import tarfile

PROJECT = os.environ.get("COEXIST_PROJECT", "coexist")
WIRE = f"{PROJECT}_wire"
STATE = f"{PROJECT}_state"


def docker(*words, stdin=None, check=True, both=False):
    """What docker prints; both: with what it says on standard error. Octets."""
    done = subprocess.run(
        ["docker", *words], input=stdin, timeout=120, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if both else subprocess.PIPE,
    )
    if check and done.returncode != 0:
        told = done.stdout if both else done.stderr
        raise AssertionError(f"docker {' '.join(words)}: {told.decode(errors='replace')}")
    return done.stdout


def at_once(what, parts):
    """what(part) for each, together: most of the time goes by in waiting for Docker."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(what, parts))


class Container:
    """One service of the project; its name differs between the releases of compose."""

    def __init__(self, service):
        self.service = service
        found = docker(
            "ps", "-aq", "--filter", f"label=com.docker.compose.project={PROJECT}",
            "--filter", f"label=com.docker.compose.service={service}",
        ).decode().split()
        if len(found) != 1:
            raise AssertionError(f"{len(found)} containers of {service}: compose.yaml is not up")
        self.id = found[0]

    def start(self):
        docker("start", self.id)

    def kill(self):
        """Also one that is paused; nothing where it does not run."""
        if self.is_running():
            docker("kill", self.id)

    def is_running(self):
        return self.inspect("{{.State.Running}}") == "true"

    def inspect(self, template):
        return docker("inspect", "-f", template, self.id).decode().strip()

    def pause(self):
        docker("pause", self.id)

    def resume(self):
        docker("unpause", self.id)

    def run(self, *command, stdin=None):
        options = ["-i"] if stdin is not None else []
        return docker("exec", *options, self.id, *command, stdin=stdin)

    def logs(self):
        return docker("logs", self.id, both=True).decode("utf-8", "backslashreplace")

    def put(self, files, uid=0, mode=0o644):
        """Writes files, {path: text}, also while it does not run."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for path, text in files.items():
                octets = text.encode()
                one = tarfile.TarInfo(path.lstrip("/"))
                one.size, one.uid, one.gid, one.mode = len(octets), uid, uid, mode
                archive.addfile(one, io.BytesIO(octets))
        docker("cp", "-", f"{self.id}:/", stdin=buffer.getvalue())

    def disconnect(self, network):
        docker("network", "disconnect", network, self.id)

    def connect(self, network, address):
        """Nothing where it is connected already."""
        networks = self.inspect("{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}")
        if network in networks.split():
            return
        docker("network", "connect", "--ip", address, network, self.id)

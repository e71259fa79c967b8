"""The containers of docker/compose.yaml."""

import concurrent.futures
import io
import json
import os
import tarfile

from coexist_testing.docker_api import ask, streams, tell
from coexist_testing.wait import wait_until

PROJECT = os.environ.get("COEXIST_PROJECT", "coexist")
WIRE = f"{PROJECT}_wire"
STATE = f"{PROJECT}_state"


def at_once(what, parts):
    """what(part) for each, together: most of the time goes by in waiting for Docker."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(what, parts))


class Container:
    """One service of the project; its name differs between the releases of compose."""

    def __init__(self, service):
        self.service = service
        labels = [f"com.docker.compose.project={PROJECT}", f"com.docker.compose.service={service}"]
        found = tell("GET", "/containers/json", all=1, filters=json.dumps({"label": labels}))
        if len(found) != 1:
            raise AssertionError(f"{len(found)} containers of {service}: compose.yaml is not up")
        self.path = f"/containers/{found[0]['Id']}"

    def _do(self, what):
        ask("POST", f"{self.path}/{what}")

    def start(self):
        self._do("start")

    def kill(self):
        """Also one that is paused; nothing where it does not run."""
        if self.is_running():
            self._do("kill")

    def is_running(self):
        return self._inspect()["State"]["Running"]

    def _inspect(self):
        return tell("GET", f"{self.path}/json")

    def health(self):
        """What its health check has found: `starting`, `healthy`, `unhealthy`."""
        return self._inspect()["State"]["Health"]["Status"]

    def pause(self):
        self._do("pause")

    def resume(self):
        self._do("unpause")

    def run(self, *command):
        """What a program prints in it; fails when that fails, with what it says."""
        told = tell("POST", f"{self.path}/exec",
                    {"Cmd": command, "AttachStdout": True, "AttachStderr": True})
        one = f"/exec/{told['Id']}"
        out, errors, _ = streams(ask("POST", f"{one}/start", {"Detach": False}))
        ended = wait_until(lambda: (told := tell("GET", f"{one}/json")) and not told["Running"] and told,
                           30, f"{command} has ended")
        if ended["ExitCode"] != 0:
            said = (out + errors).decode(errors="replace")
            raise AssertionError(f"{command} in {self.service}: status {ended['ExitCode']}: {said}")
        return out

    def logs(self):
        octets = ask("GET", f"{self.path}/logs", stdout=1, stderr=1)
        return streams(octets)[2].decode("utf-8", "backslashreplace")

    def put(self, files, uid=0, mode=0o644):
        """Writes files, {path: text}, also while it does not run."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for path, text in files.items():
                octets = text.encode()
                one = tarfile.TarInfo(path.lstrip("/"))
                one.size, one.uid, one.gid, one.mode = len(octets), uid, uid, mode
                archive.addfile(one, io.BytesIO(octets))
        ask("PUT", f"{self.path}/archive", buffer.getvalue(), path="/")

    def disconnect(self, network):
        ask("POST", f"/networks/{network}/disconnect", {"Container": self._inspect()["Id"]})

    def connect(self, network, address):
        """Nothing where it is connected already."""
        told = self._inspect()
        if network not in told["NetworkSettings"]["Networks"]:
            ask("POST", f"/networks/{network}/connect", {
                "Container": told["Id"],
                "EndpointConfig": {"IPAMConfig": {"IPv4Address": address}},
            })

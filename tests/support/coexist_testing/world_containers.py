"""A World of containers, those of docker/compose.yaml."""

import base64
import http.client
import json
import os
import re
import socket
import subprocess

from coexist_testing.containers import STATE, WIRE, Container, at_once
from coexist_testing.net import accepts
from coexist_testing.other_mtas import KINDS
from coexist_testing.scenario import Place
from coexist_testing.smtp_sink import SmtpSink
from coexist_testing.wait import wait_until
from coexist_testing.world import World

# As compose.yaml has them.
_HOST = {"primary": 10, "primary-exim": 11, "primary-opensmtpd": 12, "secondary": 20, "gateway": 30,
         "backup": 40}
_NET = os.environ.get("COEXIST_NET", "198.18")
_MAIL, _WIRE, _STATE = f"{_NET}.20", f"{_NET}.21", f"{_NET}.22"
_REDIS = {"redis": f"{_STATE}.10", "redis-replica": f"{_STATE}.11"}
_SENTINELS = {f"sentinel-{n}": f"{_STATE}.{20 + n}" for n in (1, 2, 3)}
_FILTER_UID = 9418
_WATCH_PORT = 7026
_METRICS_PORT = 9418
_PATIENCE = 180  # seconds, for what never takes so long but on a machine that has ten times too much to do


class WorldOfContainers(World):
    """More parts than elsewhere: cut() and heal() know the wire between MTAs, and that between a
    filter and Redis. `redis` is the server that is the master just then.

    kinds: {side: `exim` or `opensmtpd`} where it is not a Postfix; its files are those in the folder
    SIDE-KIND of the scenario.
    """

    def __init__(self, name, kinds=None):
        super().__init__(name)
        self.kinds = kinds or {}
        self.services = {side: "-".join([side, *filter(None, [self.kinds.get(side)])])
                         for side in self.sides}
        self.mtas = {side: Container(service) for side, service in self.services.items()}
        self.filters = {side: Container(f"filter-{side}") for side in self.sides
                        if self.scenario.has_filter(side)}
        self.redises = {service: Container(service) for service in _REDIS}
        self.sentinels = {service: Container(service) for service in _SENTINELS}
        self.master = "redis"
        self.expected_errors = []
        self.cuts = []
        self.down = set()  # sides that were killed: nothing is under way or arrives there
        self.outside = SmtpSink(_own_address(), name="mx.outside.example")
        self.places = {side: self._place(side) for side in self.sides}

    def start(self):
        self._start_state()
        keys = f"k1 {base64.b64encode(os.urandom(32)).decode()}\n"
        at_once(lambda side: self._write(side, keys), self.sides)
        at_once(Container.start, (*self.filters.values(), *self.mtas.values()))
        for side in self.sides:
            self._wait_up(side)
        for side in self.filters:
            self._wait_filter(side)
        return self

    def _start_state(self):
        """Redis, its replica and the Sentinels, as if there had never been a fail-over."""
        parts = (*self.sentinels.values(), *self.redises.values())
        if all(part.is_running() for part in parts) and self._state_is_whole():
            return
        at_once(Container.kill, parts)
        at_once(Container.start, parts)
        wait_until(self._state_is_whole, 60, "Redis has its replica and its Sentinels", 0.2)

    def _state_is_whole(self):
        return self._named() == {_REDIS[self.master]} and self._has_replica()

    def _has_replica(self):
        try:
            return "state=online" in self.redis("INFO", "replication")
        except AssertionError:
            return False

    def _named(self):
        """The addresses that the Sentinels give for the master."""
        question = ("-p", "26379", "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "coexist")
        named = set()
        for address in _SENTINELS.values():
            try:
                named.add(_redis_cli("-h", address, *question).partition("\n")[0])
            except AssertionError:
                named.add("")
        return named

    def _place(self, side):
        host, port = self.outside.smtp
        return Place(
            side, self.scenario.hosts[side][0], address=self._on(_WIRE, side),
            target=self._on(_WIRE, side), port=25, store=("127.0.0.1", 7025),
            config="/etc/postfix", queue="/var/spool/postfix", data="/var/lib/postfix",
            log="/var/log/maillog", listen="smtp", interfaces="all", bind="",
            testers=f"{_MAIL}.0/24", own_network="127.0.0.0/8", outside=host, outside_port=port,
        )

    def _write(self, side, keys):
        place, scenario, mta = self.places[side], self.scenario, self.mtas[side]
        hosts = ",".join(f"{address}:26379" for address in _SENTINELS.values())

        def translated(name):
            return place.translate(scenario.read(f"{side}/{name}"), scenario, self.places,
                                   f"redis+sentinel://{hosts}/coexist/0")

        mta.kill()
        # Some releases of compose make a container with the first of its networks alone.
        mta.connect(WIRE, place.address)
        if side in self.kinds:
            files = self._foreign_files(side, place)
        else:
            files = {f"/etc/postfix/{name}": translated(name) for name in scenario.maps(side)}
            files["/etc/postfix/main.cf"] = place.main_cf(translated("main.cf"))
            files["/etc/postfix/master.cf"] = place.master_cf(translated("master.cf"))
        mta.put({**files, "/etc/mta-fresh": ""})
        self._read[side] = 0
        if side in self.filters:
            self.filters[side].kill()
            text = place.filter_options(translated("coexist-milter.conf"), "/etc/coexist/keys")
            self.filters[side].put({
                "/etc/coexist/coexist-milter.conf": f'metrics = "0.0.0.0:{_METRICS_PORT}"\n{text}',
                "/etc/coexist/keys": keys,
            }, uid=_FILTER_UID, mode=0o600)

    def _foreign_files(self, side, place):
        folder, kind = self.services[side], KINDS[self.kinds[side]]
        files = {}
        for name in self.scenario.maps(folder):
            text = place.translate(self.scenario.read(f"{folder}/{name}"), self.scenario, self.places, "")
            path = "/etc/smtpd.conf" if name == "smtpd.conf" else f"{kind.folder}/{name}"
            files[path] = kind.adapt(text, self.outside.smtp)
        return files

    def queue(self, side):
        if side in self.kinds:
            return KINDS[self.kinds[side]].queue(lambda *words: self.run(side, *words))
        return super().queue(side)

    def flush(self, side):
        if side in self.kinds:
            KINDS[self.kinds[side]].flush(lambda *words: self.run(side, *words))
        else:
            super().flush(side)

    def empty(self, side):
        if side in self.kinds:
            KINDS[self.kinds[side]].empty(lambda *words: self.run(side, *words))
        else:
            super().empty(side)

    def _wait_up(self, side):
        wait_until(lambda: accepts(self.smtp(side)), _PATIENCE,
                   lambda: f"the {side} listens:\n" + self._start_of(side)[-3000:], 0.1)

    def _start_of(self, side):
        """What an MTA has said, wherever it says it."""
        try:
            said = self.mtas[side].run("sh", "-c", "ls /proc/*/exe -l | grep -o [^/]*$; cat /var/log/maillog")
        except AssertionError as fault:
            said = str(fault).encode()
        return self.mtas[side].logs() + said.decode("utf-8", "backslashreplace")

    def _wait_filter(self, side):
        """Alive, and what its health check asks says so."""
        wait_until(lambda: self._is_healthy(side), _PATIENCE,
                   lambda: f"the filter of the {side}:\n" + self.filter_log(side)[-3000:], 0.2)

    def _is_healthy(self, side):
        return self._ask_filter(side, "/healthz") is not None

    def _ask_filter(self, side, path):
        """What its metrics endpoint says, or None where it does not, or does not know it."""
        link = http.client.HTTPConnection(f"{_STATE}.{100 + _HOST[side]}", _METRICS_PORT, timeout=2)
        try:
            link.request("GET", path)
            answer = link.getresponse()
            return answer.read().decode() if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            link.close()

    def close(self, check=True):
        """The containers stay, stopped; Redis and the Sentinels go on."""
        try:
            for cut in list(self.cuts):
                self.heal(*cut)
            if check:
                self.check()
        finally:
            at_once(Container.kill, (*self.mtas.values(), *self.filters.values()))
            self.outside.close()

    def check(self):
        wrong = [
            line.text for side in self.filters for line in self.filter_lines(side)
            if line.level == "error" and not any(e in line.text for e in self.expected_errors)
        ]
        assert not wrong, "errors in a filter's log:\n" + "\n".join(wrong)

    def expect_error(self, text):
        self.expected_errors.append(text)

    def smtp(self, side):
        return (self._on(_MAIL, side), 25)

    def _on(self, network, side):
        return f"{network}.{_HOST[self.services[side]]}"

    def address(self, side):
        return self.places[side].address

    def own_address(self, side):
        return "127.0.0.1"

    def run(self, side, *command):
        status, _, said = self._watch(side, f"run {json.dumps(command)}").decode().partition("\n")
        if status != "0":
            raise AssertionError(f"{command} at the {side}: status {status}: {said}")
        return said

    def _watch(self, side, line):
        """What mailstore answers; it may just be starting."""
        def answer():
            try:
                with socket.create_connection((self.smtp(side)[0], _WATCH_PORT), 20) as link:
                    link.sendall(line.encode() + b"\n")
                    return [b"".join(iter(lambda: link.recv(1 << 16), b""))]
            except OSError:
                return None

        return wait_until(answer, 20, f"the mailboxes of the {side} answer", 0.1)[0]

    def glance(self, side):
        return (0, False) if side in self.down else json.loads(self._watch(side, "glance"))

    def has_queued(self, side):
        return json.loads(self._watch(side, "queued"))

    def log(self, side):
        return self.run(side, "cat", "/var/log/maillog")

    def filter_log(self, side):
        return self.filters[side].logs()

    def read_mailboxes(self, side, since):
        return b"" if side in self.down else self._watch(side, f"mailboxes {since}")

    def rules(self, side, *lines):
        assert self._watch(side, f"rules {json.dumps(lines)}") == b"ok"

    def redis(self, *words):
        """Asked of the master."""
        def ask():
            return _redis_cli("-h", _REDIS[self.master], *map(str, words))

        return self._heard(ask) if words[0] in ("HSET", "HDEL") else ask()

    def redis_all(self, commands):
        self._heard(lambda: super(WorldOfContainers, self).redis_all(commands))

    def _heard(self, write):
        """Writes to Redis, and returns when each filter that knows the state has heard of a change.
        It does within milliseconds, but on a busy machine a test may be faster."""
        before = {side: count for side in self.filters if (count := self._changes(side)) is not None}
        told = write()
        wait_until(lambda: all(self._has_heard(*one) for one in before.items()), 20,
                   "the filters hear of a change")
        return told

    def _has_heard(self, side, count):
        """Or cannot, and knows it: it asks Redis for each record then."""
        return self._changes(side) != count or self._ask_filter(side, "/readyz") is None

    def _changes(self, side):
        """How many changes of records the filter has heard of."""
        text = self._ask_filter(side, "/metrics")
        found = re.search(r"^coexist_cache_invalidations_total (\d+)$", text or "", re.M)
        return found and int(found[1])

    def redis_cli(self):
        return ["redis-cli", "-h", _REDIS[self.master]]

    # What breaks

    def _part(self, part):
        kind, _, side = part.partition(":")
        if kind == "filter":
            return self.filters[side]
        return self.redises[self.master] if kind == "redis" else self.mtas[kind]

    def kill(self, part):
        self._part(part).kill()
        self.down |= {part} & set(self.sides)

    def revive(self, part):
        self._part(part).start()
        self.down.discard(part)
        kind, _, side = part.partition(":")
        if kind == "filter":
            self._wait_filter(side)
        elif kind != "redis":
            self._wait_up(kind)

    def pause(self, part):
        self._part(part).pause()

    def resume(self, part):
        self._part(part).resume()

    def lose_master(self):
        """Kills the Redis that is the master; returns when the Sentinels have made the replica one."""
        self.redises[self.master].kill()
        [other] = set(_REDIS) - {self.master}
        wait_until(lambda: self._named() == {_REDIS[other]}, 60, "the Sentinels agree", 0.2)
        lost, self.master = self.master, other
        wait_until(lambda: "role:master" in self.redis("INFO", "replication"), 30, "a new master", 0.2)
        return lost

    def bring_back(self, service):
        """What lose_master() has lost, as a replica of the new master."""
        self.redises[service].start()
        wait_until(self._has_replica, 90, f"{service} follows the new master", 0.2)

    def cut(self, one, other):
        """Nothing passes between two parts any more: `primary`, `secondary`, or `filter:SIDE` and
        `redis`. Connections stay open and hear nothing."""
        container, network, _ = self._cable(one, other)
        container.disconnect(network)
        self.cuts.append((one, other))

    def heal(self, one, other):
        container, network, address = self._cable(one, other)
        container.connect(network, address)
        self.cuts.remove((one, other))

    def _cable(self, one, other):
        if other == "redis":
            side = one.partition(":")[2]
            return self.filters[side], STATE, f"{_STATE}.{100 + _HOST[side]}"
        return self.mtas[one], WIRE, self._on(_WIRE, one)


def _redis_cli(*words):
    done = subprocess.run(["redis-cli", "-e", *words], capture_output=True, timeout=60)
    assert done.returncode == 0, f"{words}: {done.stdout.decode()} {done.stderr.decode()}"
    return done.stdout.decode().rstrip("\n")


def _own_address():
    """That of this tester in the network where the MTAs are."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((f"{_MAIL}.{_HOST['primary']}", 25))
        return probe.getsockname()[0]

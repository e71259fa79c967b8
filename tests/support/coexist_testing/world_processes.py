"""A World of plain processes on loopback addresses of its own."""

import os
import subprocess
import sys

from coexist_testing.daemon import Daemon
from coexist_testing.net import accepts, free_port, loopback_address, make_folder, remove_folder
from coexist_testing.postfix import LIMITED, Postfix
from coexist_testing.redis_server import RedisServer
from coexist_testing.scenario import Place
from coexist_testing.smtp_sink import SmtpSink
from coexist_testing.wait import wait_until
from coexist_testing.world import World

_MAILSTORE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mailstore.py")

_UNDER_WAY = ("maildrop", "incoming", "active")


class _Mta(Postfix):
    """A Postfix whose configuration is written by its world, once all sides have addresses."""

    def __init__(self, name):
        super().__init__(name, ())
        self.plain = self.smtp
        os.mkdir(f"{self.folder}/queue/coexist", 0o777)
        os.chmod(f"{self.folder}/queue/coexist", 0o777)

    def _write(self, *_):
        pass

    def put(self, name, text):
        with open(f"{self.config}/{name}", "w") as file:
            file.write(text)
        # Postfix waits a second or two for a file that was changed just now.
        os.utime(file.name, (os.stat(file.name).st_mtime - 60,) * 2)


class WorldOfProcesses(World):
    def __init__(self, name):
        super().__init__(name)
        self.folder = make_folder("world")
        self.server = RedisServer()
        self.mtas, self.places, self.filters, self.stores = {}, {}, {}, {}
        self.outside = SmtpSink(loopback_address(), name="mx.outside.example")

    def start(self):
        self.server.start()
        for side in self.sides:
            self.mtas[side] = _Mta(self.scenario.hosts[side][0])
            self.places[side] = self._place(side, self.mtas[side])
        for side in self.sides:
            self._write(side)
            self._start_store(side)
        self.reset_state()
        for daemon in self.filters.values():
            daemon.start()
        for mta in self.mtas.values():
            mta.start()
        return self

    def reset_state(self):
        for command in self.scenario.commands():
            self.redis(*command)

    def _place(self, side, mta):
        host, port = self.outside.smtp
        return Place(
            side, mta.name, address=mta.address, target=mta.address, port=mta.smtp[1],
            store=(mta.address, free_port(mta.address)), config=mta.config,
            queue=f"{mta.folder}/queue", data=f"{mta.folder}/data", log=mta.log_file,
            listen="{}:{}".format(*mta.smtp), interfaces="127.0.0.1", bind=mta.address,
            testers="127.0.0.0/8", own_network=mta.address, outside=host, outside_port=port,
        )

    def _write(self, side):
        mta, place, scenario = self.mtas[side], self.places[side], self.scenario

        def translated(name):
            return place.translate(
                scenario.read(f"{side}/{name}"), scenario, self.places, self.server.unix_url)

        mta.put("main.cf", place.main_cf(translated("main.cf")))
        mta.put("master.cf", place.master_cf(translated("master.cf")))
        for name in scenario.maps(side):
            mta.put(name, translated(name))
        if scenario.has_filter(side):
            self.filters[side] = Daemon(place.filter_options(
                translated("coexist-milter.conf"), f"{self.folder}/keys"))

    def _start_store(self, side):
        mta, place = self.mtas[side], self.places[side]
        self.stores[side] = subprocess.Popen(
            [sys.executable, _MAILSTORE, "{}:{}".format(*place.store), self._mailboxes(side),
             f"{mta.folder}/rules", "{}:{}".format(*mta.smtp)],
            stdin=subprocess.DEVNULL, start_new_session=True,
        )
        wait_until(lambda: accepts(place.store), 20, "the mailboxes listen")

    def _mailboxes(self, side):
        return f"{self.mtas[side].folder}/mailboxes"

    def close(self, check=True):
        try:
            for daemon in self.filters.values():
                daemon.close(check)
        finally:
            for mta in self.mtas.values():
                mta.close()
            for store in self.stores.values():
                store.kill()
                store.wait()
            self.server.close()
            self.outside.close()
            remove_folder(self.folder)

    def check(self):
        for daemon in self.filters.values():
            daemon.check_log()

    def smtp(self, side):
        return self.mtas[side].smtp

    def address(self, side):
        return self.mtas[side].address

    def own_address(self, side):
        return self.address(side)

    def run(self, side, *command):
        environment = {**os.environ, "MAIL_CONFIG": self.places[side].config}
        done = subprocess.run([*LIMITED, *command], capture_output=True, timeout=60,
                              env=environment)
        if done.returncode != 0:
            raise AssertionError(f"{command} at the {side}: {done.stderr.decode()}")
        return done.stdout.decode()

    def glance(self, side):
        return os.path.getsize(self.places[side].log), self._files(side, _UNDER_WAY)

    def has_queued(self, side):
        return self._files(side, (*_UNDER_WAY, "deferred", "hold"))

    def _files(self, side, queues):
        """Whether one of these queues has a file; cheaper by far than a program that asks."""
        return any(files for queue in queues
                   for _, _, files in os.walk(f"{self.places[side].queue}/{queue}"))

    def log(self, side):
        return self.mtas[side].log()

    def filter_log(self, side):
        return self.filters[side].text()

    def read_mailboxes(self, side, since):
        with open(self._mailboxes(side), "rb") as file:
            file.seek(since)
            return file.read()

    def rules(self, side, *lines):
        path = f"{self.mtas[side].folder}/rules"
        with open(f"{path}.new", "w") as file:
            file.writelines(f"{line}\n" for line in lines)
        os.rename(f"{path}.new", path)

    def redis(self, *words):
        return self.server.cli(*words)

    def redis_cli(self):
        return ["redis-cli", "-s", self.server.socket]

    def _part(self, part):
        kind, _, side = part.partition(":")
        if kind == "filter":
            return self.filters[side]
        return self.server if kind == "redis" else self.mtas[kind]

    def kill(self, part):
        """A crash; a Postfix is stopped, with its queue."""
        found = self._part(part)
        found.stop() if isinstance(found, Postfix) else found.kill()

    def revive(self, part):
        self._part(part).start()

    def pause(self, part):
        self._part(part).pause()

    def resume(self, part):
        self._part(part).resume()

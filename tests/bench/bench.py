"""One run: everything started, every variant measured in turns, in several rounds."""

import contextlib
import threading
import time

import maps
import plan
from coexist_testing.net import make_folder, remove_folder
from coexist_testing.wait import wait_until
from targets import Null, Ours, Proxy, Store, flips, load, tcp
from through_postfix import MailServer

FILL_RECIPIENTS = 100
JOURNAL_SECONDS = 1.5  # after which what was written down has reached Redis
POSTFIX_SESSIONS = 16


class Bench:
    """extent: a plan.Extent; tell: a function that is told what goes on."""

    def __init__(self, extent, tell):
        self.extent = extent
        self.tell = tell
        self.targets, self.stores = {}, {}
        self.rounds = {}
        self.memory = []
        self._good = False
        self._cleanup = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self._cleanup = stack
            self._start_all()
            self._cleanup = stack.pop_all()
        return self

    def __exit__(self, kind, *_):
        self._good = kind is None
        self._cleanup.close()

    # Set-up

    def _start_all(self):
        self.folder = make_folder("bench")
        self._cleanup.callback(remove_folder, self.folder)
        main = self._store("main")
        main.add_users(plan.KNOWN, "away", "primary")
        self._keep("null unix", Null(f"unix:{self.folder}/null.sock"))
        self._keep("null inet", Null(tcp()))
        self._keep("ours unix", Ours(main.unix_url))
        self._keep("ours inet", Ours(main.unix_url, listen=tcp()))
        proxy = Proxy(self.folder, main)
        self._cleanup.callback(proxy.close)
        self._keep("proxied", Ours(proxy.start().url))
        self._keep("map null", maps.NullMap(f"{self.folder}/null_maps.sock"))
        self._keep("map ours", maps.ours(main.unix_url))
        for mood in ("dead", "hung"):
            self._keep(mood, Ours(self._store(mood).unix_url))
        for users in self.extent.users:
            self._fill(users)
        for name, target in self.targets.items():
            if isinstance(target, Ours) and not name.endswith((" users", "map ours")):
                self._warm(target)
        self.stores["dead"].kill()
        self.stores["hung"].pause()

    def _store(self, name, users=plan.KNOWN):
        store = self.stores[name] = Store().start()
        self._cleanup.callback(store.close)
        store.add_users(users)
        return store

    def _keep(self, name, target):
        self.targets[name] = target
        # A filter must end well too, but not when something has gone wrong before.
        self._cleanup.callback(lambda: target.close(check=self._good))
        return target.start()

    @staticmethod
    def _warm(target):
        """Every known user is asked for, of each kind."""
        for kind in ("user", "away"):
            load(target, connections=4, messages=plan.KNOWN // 100, recipients=100, seconds=600,
                 sequential=True, users=plan.KNOWN, kind=kind, diverted=kind == "away")
        target.empty_log()

    def _fill(self, users):
        """A filter that has asked for each of so many users."""
        self.tell(f"{users} users")
        target = self._keep(f"{users} users", Ours(self._store(f"{users} users", users).unix_url))
        before = target.rss_kib()
        recipients = min(users, FILL_RECIPIENTS)
        done = load(target, connections=16, recipients=recipients, messages=users // recipients,
                    seconds=600, sequential=True, users=users)
        target.empty_log()
        self.memory.append({
            "users": users, "before_kib": before, "after_kib": target.rss_kib(),
            "wrong": done["wrong"], "lookups_per_second": done["rate"] * recipients,
        })

    # Measurements

    def measure(self):
        """All rounds of all cells; {cell name: [what load printed]}."""
        cells = plan.cells(self.extent)
        for number in range(self.extent.rounds):
            self.tell(f"round {number + 1} of {self.extent.rounds}")
            # Each round begins elsewhere, so that none comes always after the same other one.
            turn = number * len(cells) // self.extent.rounds
            for cell in cells[turn:] + cells[:turn]:
                self.rounds.setdefault(cell.name, []).append(self._measure_one(cell))
        return {cell.name: self.rounds[cell.name] for cell in cells}

    def _measure_one(self, cell):
        target = self.targets[cell.target]
        extent = self.extent
        options = {"users": plan.KNOWN, **cell.options}
        done = load(target, seconds=extent.seconds, warmup=extent.warmup, messages=extent.messages,
                    **options)
        if isinstance(target, Ours):
            target.empty_log()
        return done

    def commands(self):
        """Redis' commands for mail to known users: kept here, and sent to the peer."""
        self.tell("Redis commands")
        return [
            self._commands_for("kept here", {}),
            self._commands_for("sent to the peer", {"kind": "away", "diverted": True}),
        ]

    def _commands_for(self, name, options):
        store, target = self.stores["main"], self.targets["ours unix"]
        time.sleep(JOURNAL_SECONDS)
        store.forget_commands()
        done = load(target, connections=plan.usual(self.extent), users=plan.KNOWN,
                    seconds=max(1, min(self.extent.seconds, 2)), messages=self.extent.messages,
                    **options)
        target.empty_log()
        time.sleep(JOURNAL_SECONDS)
        calls, reads = store.commands(), store.reads()
        for own in ("INFO", "CONFIG", "CONFIG|RESETSTAT"):
            calls.pop(own, None)
        return {"name": name, "messages": done["begun"], "wrong": done["wrong"], "calls": calls,
                "reads": reads}

    def flips(self):
        """Changes of state under load."""
        self.tell(f"{self.extent.flips} flips")
        target, store = self.targets["ours unix"], self.stores["main"]
        with _Background(target, plan.usual(self.extent), self.extent) as under_load:
            done = flips(target, store, self.extent.flips)
        target.empty_log()
        return {**done, "load": under_load.told}

    def maps(self):
        """Look-ups of the socketmap."""
        self.tell("socketmap")
        return maps.measure({name: self.targets[f"map {name}"] for name in ("null", "ours")},
                            self.extent)

    def postfix(self):
        """Messages a second through Postfix: {name: [{accepted, through}]}."""
        filters = {"no filter": None, "null": self.targets["null unix"],
                   "ours": self.targets["ours unix"]}
        self.tell("Postfix")
        ours, found = self.targets["ours unix"], {name: [] for name in filters}
        with MailServer(filters) as server:
            for number in range(self.extent.rounds + 1):
                for name in filters:
                    done = server.send(name, self.extent.postfix_messages, POSTFIX_SESSIONS)
                    if number > 0:
                        found[name].append(done)
                decided = ours.decided()
                if decided != self.extent.postfix_messages:
                    raise AssertionError(f"Postfix showed the filter {decided} recipients")
                ours.empty_log()
        return found


class _Background:
    """Load while something else goes on."""

    def __init__(self, target, connections, extent):
        self.target, self.connections, self.extent = target, connections, extent
        self.told = []

    def __enter__(self):
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        wait_until(lambda: self.told or not self._thread.is_alive(), 30, "the load has begun")
        return self

    def _run(self):
        while not self._ending.is_set():
            self.told.append(load(self.target, connections=self.connections, users=plan.KNOWN,
                                  seconds=min(1, self.extent.seconds),
                                  messages=self.extent.messages))

    def __exit__(self, *_):
        self._ending.set()
        self._thread.join()

"""A filter at each end of a Pair: two Postfix, two filters, one Redis, the same keys."""

import os

from coexist_testing.daemon import Daemon
from coexist_testing.pair import DOMAIN, Pair
from coexist_testing.redis_server import RedisServer

KEYS = "k1 MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n"


class Ends:
    """The pair with its filters: .at["primary"], .at["secondary"].

    They reach each other by route domains; or, with maps, each Postfix asks its own filter for the
    next hop of each recipient, and no address has a route.
    """

    def __init__(self, maps=False):
        self.maps = maps
        self.redis = RedisServer()
        self.pair = Pair(filters=2)
        self.at = {}

    def start(self):
        self.redis.start()
        self.pair.start()
        self.at = {"primary": Daemon(self._options("primary")),
                   "secondary": Daemon(self._options("secondary"))}
        for daemon in self.at.values():
            self.write_keys(daemon, KEYS)
            daemon.start()
        if self.maps:
            for end, postfix in zip(self.at, self.pair.both):
                own = f"{postfix.tables.spec}:transport"
                postfix.set_main(transport_maps=f"socketmap:unix:{self.socket(end)}:transport {own}")
        return self

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close(check=False)
            raise

    def __exit__(self, kind, *_):
        self.close(check=kind is None)

    def close(self, check=True):
        for daemon in self.at.values():
            daemon.close(check)
        self.pair.close()
        self.redis.close()

    def socket(self, end):
        """Of its maps."""
        return f"{self.pair.folder}/{end}.maps"

    def _options(self, end, **changes):
        make = self.pair.primary_options if end == "primary" else self.pair.filter_options
        options = make(self.redis, **changes)
        if self.maps:
            host, port = self.other(end).smtp
            peer = "secondary" if end == "primary" else "primary"
            options["maps"] = f"unix:{self.socket(end)}"
            options["domain"] = {DOMAIN: {"home": "primary"}}
            options["system"][end].pop("nexthop", None)
            options["system"][peer]["nexthop"] = f"smtp:[{host}]:{port}"
        return options

    def other(self, end):
        """The Postfix at the other end."""
        return self.pair.secondary if end == "primary" else self.pair.primary

    @staticmethod
    def write_keys(daemon, keys):
        with open(f"{daemon.folder}/keys", "w", opener=_private) as file:
            file.write(keys)

    def change(self, end, peer=None, keys=KEYS, **changes):
        """Reloads one filter with other options; peer: those of its peer's block."""
        options = self._options(end, **changes)
        other = "secondary" if end == "primary" else "primary"
        options["system"][other].update(peer or {})
        self.at[end].write_config(options)
        self.write_keys(self.at[end], keys)
        assert self.at[end].reload().event == "reload"

    def reset(self):
        self.pair.reset()
        self.redis.flush()
        self.pair.primary.route(DOMAIN, "here")
        self.pair.secondary.route(DOMAIN, "here")
        for end in self.at:
            self.change(end)

    def traces(self, message_id, at):
        """The traces of the one copy delivered there, the newest first: dicts of their tags."""
        [delivery] = at.deliveries(message_id)
        return [_tags(value) for value in delivery.headers.get_all("X-Coexist-Trace")]

    def decided(self, end, rcpt):
        """(origin, action, reason) of the last decision there."""
        self.at[end].wait_log("decide", rcpt=rcpt)
        values = self.at[end].find("decide", rcpt=rcpt)[-1].values
        return values["origin"], values["action"], values["reason"]


def _private(path, flags):
    return os.open(path, flags, 0o600)


def _tags(value):
    return dict(tag.strip().split("=", 1) for tag in value.split(";") if tag.strip())

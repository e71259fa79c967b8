"""The folders of docker/scenarios: real configurations with real names, made to run anywhere."""

import os
import re
import shlex

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
FOLDER = f"{ROOT}/docker/scenarios"

# What a test needs of every Postfix; the scenario's own lines come after it and win.
MAIN_CF = """\
compatibility_level = 3.6
config_directory = {config}
queue_directory = {queue}
data_directory = {data}
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = {interfaces}
inet_protocols = ipv4
smtp_bind_address = {bind}
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_authorized_xclient_hosts = {testers}
maillog_file = {log}
maillog_file_prefixes = {log_folder}
alias_maps =
alias_database =
local_recipient_maps =
relayhost = [{outside}]:{outside_port}
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
smtpd_recipient_limit = 2000
smtpd_tls_security_level = none
smtp_tls_security_level = none
in_flow_delay = 0
smtp_connect_timeout = 5s
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
transport_retry_time = 1s
milter_connect_timeout = 10s
notify_classes =
"""
MASTER_CF = """\
{listen}   inet n - n - - smtpd
pickup     unix n - n 60 1 pickup
cleanup    unix n - n - 0 cleanup
qmgr       unix n - n 1 1 qmgr
tlsmgr     unix - - n 1000? 1 tlsmgr
rewrite    unix - - n - - trivial-rewrite
bounce     unix - - n - 0 bounce
defer      unix - - n - 0 bounce
trace      unix - - n - 0 bounce
verify     unix - - n - 1 verify
flush      unix n - n 1000? 0 flush
proxymap   unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp       unix - - n - - smtp
relay      unix - - n - - smtp
showq      unix n - n - - showq
error      unix - - n - - error
retry      unix - - n - - error
discard    unix - - n - - discard
virtual    unix - n n - - virtual
lmtp       unix - - n - - lmtp
anvil      unix - - n - 1 anvil
scache     unix - - n - 1 scache
postlog    unix-dgram n - n - 1 postlogd
"""
_STATE = re.compile(r"rediss?://(\w+:\w+@)?[\w.]+:6379/0")
_OWN = ("main.cf", "master.cf", "coexist-milter.conf")


def names():
    return sorted(os.listdir(FOLDER))


class Scenario:
    """One folder.

    hosts   {side: (host name, address)} of its `hosts` file, where the side is the last word
    sides   those with a folder, each with a Postfix
    state   redis-cli's commands, as text
    """

    def __init__(self, name):
        self.name = name
        self.folder = f"{FOLDER}/{name}"
        self.hosts = {}
        for line in self.read("hosts").splitlines():
            words = line.partition("#")[0].split()
            if words:
                self.hosts[words[-1]] = (words[1], words[0])
        self.sides = [side for side in self.hosts if os.path.isdir(f"{self.folder}/{side}")]
        self.state = self.read("state.redis")

    def read(self, path):
        with open(f"{self.folder}/{path}") as file:
            return file.read()

    def commands(self):
        """The commands of state.redis as lists of words."""
        return [shlex.split(line) for line in self.state.splitlines() if line.strip()]

    def has_filter(self, side):
        return os.path.exists(f"{self.folder}/{side}/coexist-milter.conf")

    def maps(self, side):
        """The names of the other files beside main.cf."""
        return [name for name in os.listdir(f"{self.folder}/{side}") if name not in _OWN]


class Place:
    """Where one side of a scenario runs, and how it calls the others there.

    address, port   its SMTP listener                  store   (host, port) of its mailboxes
    config, queue, data, log                           its folders and its log file
    listen          the listener as master.cf writes it; bind, interfaces, testers: as main.cf does
    own_network     what stands for 127.0.0.0/8
    """

    def __init__(self, side, name, **values):
        self.side, self.name = side, name
        self.__dict__.update(values)

    def translate(self, text, scenario, places, state):
        """The text of a file with what is elsewhere here: other hosts, ports, folders, the store."""
        for side, (name, address) in scenario.hosts.items():
            if side in places:
                there = places[side]
                text = text.replace(f"[{name}]:25", f"[{there.target}]:{there.port}")
                text = re.sub(rf"(?<![\d.]){re.escape(address)}(?![\d.]*\d)", there.address, text)
        text = text.replace("[127.0.0.1]:7025", "[{}]:{}".format(*self.store))
        text = text.replace("127.0.0.0/8", self.own_network)
        text = text.replace("/etc/postfix", self.config).replace("/var/spool/postfix", self.queue)
        return _STATE.sub(state, text)

    def main_cf(self, own):
        """The whole main.cf of a scenario's translated lines."""
        text = MAIN_CF.format(**{**self.__dict__, "log_folder": os.path.dirname(self.log)})
        return _render({**_parameters(text), **_parameters(own)})

    def master_cf(self, own):
        services = {**_services(MASTER_CF.format(**self.__dict__)), **_services(own)}
        listener = services.pop(("smtp", "inet"), None)
        if listener:
            services[(self.listen, "inet")] = [re.sub(r"^smtp\b", self.listen, listener[0])] + listener[1:]
        return "\n".join(line for lines in services.values() for line in lines) + "\n"

    def filter_options(self, text, keys):
        """The whole configuration of the filter: what the defaults of a real host would be."""
        added = {"keys": keys, "snapshot": "", "socket_mode": "0666"}
        lines = [f'{name} = "{value}"' for name, value in added.items()
                 if not re.search(rf"^\s*{name}\s*=", text, re.M)]
        return text + "\n".join(lines) + "\n"


def _parameters(text):
    """{name: value} of main.cf's lines; a value may go on in lines that begin with a blank."""
    found, name = {}, None
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line[0].isspace():
            found[name] += " " + line.strip()
        else:
            name, _, value = line.partition("=")
            name = name.strip()
            found[name] = value.strip()
    return found


def _render(parameters):
    return "".join(f"{name} = {value}\n" for name, value in parameters.items())


def _services(text):
    """{(name, type): lines} of master.cf."""
    found, key = {}, None
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line[0].isspace():
            found[key].append(line)
        else:
            key = tuple(line.split()[:2])
            found[key] = [line]
    return found

"""What the daemon says to a configuration, a key file or a socket that is no good."""

import base64
import grp
import os
import re
import socket
import stat

import pytest

from coexist_testing.daemon import Daemon
from coexist_testing.net import free_port, make_folder, remove_folder
from coexist_testing.wait import wait_until
from scene import HERE, OPTIONS, still_works

USAGE, UNAVAILABLE, NO_USER, CONFIG = 64, 69, 67, 78

# One option to a line, so that a case can leave out what it brings itself.
GOOD = {
    "listen": 'listen = "unix:{folder}/milter.sock"',
    "keys": 'keys = "{folder}/keys"',
    "name": 'name = "mail.secondary.example"',
    "state": 'state = "memory:"',
    "primary": 'system primary { hosts = { "mail.primary.example" } }',
    "secondary": 'system secondary { hosts = { "mail.secondary.example" } }',
    "domain": 'domain "example.com" { home = primary }',
}
LISTEN = "accepted: unix:/PATH, inet:PORT@HOST, inet6:PORT@HOST"
ACCOUNT = "accepted: a name of at most 32 letters, digits, '-', '_', '.'"
TIMEOUT = "accepted: a number from 1 to 60000 (milliseconds)"
SYSTEMS = "accepted: primary, secondary"

# What stands first in the file; which good line it takes the place of; what is said behind FILE.
BAD = [
    ("node = tertiary", None, f":1: node: cannot be 'tertiary'; {SYSTEMS}"),
    ("node =", None, f":2: node: cannot be 'listen'; {SYSTEMS}"),
    ("node secondary", None, ":1: missing equal sign after option 'node'"),
    ("# who\nnode = secondary\n\nnode = primary", None,
     ":4: node: given twice, first on line 2; accepted: once"),
    ('name = "192.0.2.1"', "name", ":1: name: cannot be '192.0.2.1'; accepted: a host name"),
    ('name = "-x.example"', "name", ":1: name: cannot be '-x.example'; accepted: a host name"),
    ('name = "mail.example', "name",
     ":1: the string is not closed before the end of the line"),
    ('name = "a\x01b"', "name", ":1: a control character in a string"),
    ('name = "a\\tb"', "name",
     ":1: a backslash in a string; accepted: \\\\, and \\ before the quote"),
    ('listen = "inet:8890"', "listen", f":1: listen: cannot be 'inet:8890'; {LISTEN}"),
    ('listen = "unix:milter.sock"', "listen",
     f":1: listen: cannot be 'unix:milter.sock'; {LISTEN}"),
    ('listen = "inet:0@127.0.0.1"', "listen",
     f":1: listen: cannot be 'inet:0@127.0.0.1'; {LISTEN}"),
    (f'listen = "unix:/{"x" * 107}"', "listen",
     f":1: listen: cannot be 'unix:/{'x' * 58}'; {LISTEN}"),
    ('socket_mode = "1777"', None,
     ":1: socket_mode: cannot be '1777'; accepted: octal digits, at most \"0777\""),
    ('socket_mode = "0668"', None,
     ":1: socket_mode: cannot be '0668'; accepted: octal digits, at most \"0777\""),
    ('socket_group = "no such"', None, f":1: socket_group: cannot be 'no such'; {ACCOUNT}"),
    ('user = "-x"', None, f":1: user: cannot be '-x'; {ACCOUNT}"),
    ('maps = "inet:99999@127.0.0.1"', None,
     f":1: maps: cannot be 'inet:99999@127.0.0.1'; {LISTEN}"),
    ('metrics = "127.0.0.1"', None,
     ":1: metrics: cannot be '127.0.0.1'; accepted: HOST:PORT, [IPV6]:PORT"),
    ('state = ""', "state", ":1: state: not of the right form; accepted: a URL"),
    ('prefix = "two words"', None,
     ":1: prefix: cannot be 'two words'; accepted: 1 to 64 printable characters without blank"),
    ("connect_timeout = 0", None, f":1: connect_timeout: cannot be '0'; {TIMEOUT}"),
    ("command_timeout = soon", None, f":1: command_timeout: cannot be 'soon'; {TIMEOUT}"),
    ('keys = "keys"', "keys", ":1: keys: cannot be 'keys'; accepted: an absolute path"),
    ("on_conflict = bounce", None,
     ":1: on_conflict: cannot be 'bounce'; accepted: defer, reject, deliver"),
    ("on_loop = ignore", None,
     ":1: on_loop: cannot be 'ignore'; accepted: reject, defer, hold, divert"),
    ("on_lop = reject", None, ":1: on_lop: unknown option; the nearest is 'on_loop'"),
    ('loop_mailbox = "a@b, c@d"', None,
     ":1: loop_mailbox: 'a@b, c@d': is not an address; write user@example.com"),
    ('loop_mailbox = "no mailbox"', None,
     ":1: loop_mailbox: 'no mailbox': is not an address; write user@example.com"),
    ('on_loop = divert\nloop_mailbox = ""', None,
     ": loop_mailbox: empty; accepted: a mailbox, since on_loop is divert"),
    ("max_crossings = 1", None,
     ":1: max_crossings: cannot be '1'; accepted: a number from 2 to 50"),
    ("max_hops = 50000", None,
     ":1: max_hops: cannot be '50000'; accepted: a number from 10 to 1000"),
    ('recipient_delimiter = "++"', None,
     ":1: recipient_delimiter: cannot be '++'; accepted: one character, or \"\""),
    ('system tertiary { hosts = { "a" } }', None,
     f":1: system: cannot be 'tertiary'; {SYSTEMS}"),
    ('system { hosts = { "a" } }', None, ":1: missing title for section 'system'"),
    ('system primary { hosts = { "a" } }', None,
     ":6: system: 'primary' given twice, first on line 1"),
    ('system primary { networks = { "192.0.2.0/24" } }', "primary",
     ": system primary: no hosts; accepted: system primary { hosts = { \"NAME\" } }"),
    ('system primary {\n  hosts = { "a" }\n  networks = { "192.0.2.0/33" }\n}', "primary",
     ":3: networks: '192.0.2.0/33': the prefix length is over 32 (IPv4) or 128 (IPv6)"),
    ('system primary { hosts = { "a" } identify = "long-random-value" }', "primary",
     ':1: identify: not of the right form; accepted: "Header-Name: value", "cert: CN"'),
    ('system primary { hosts = { "a" } nexthop = "somewhere" }', "primary",
     ":1: nexthop: cannot be 'somewhere'; accepted: TRANSPORT:NEXTHOP without blank"),
    ("gateway { }", None, ':1: gateway: no hosts; accepted: gateway { hosts = { "NAME" } }'),
    ('gateway { hosts = { "a..b" } }', None,
     ":1: hosts: 'a..b': an empty label: a host name has no two dots in a row and none in front"),
    ("", "domain", ': domain: none is given; accepted: domain "NAME" { ... }'),
    ('domain "exa mple" { }', None, ":1: domain: cannot be 'exa mple'; accepted: a domain name"),
    ('domain "EXAMPLE.com" { }', None, ":8: domain: 'example.com' given twice, first on line 1"),
    ('domain "example.org" { home = both }', None, f":1: home: cannot be 'both'; {SYSTEMS}"),
    ('domain "example.org" {\n  mode = off\n}', None,
     ":2: mode: cannot be 'off'; accepted: enforce, observe"),
    ('domain "example.org" {\n  calendar = yes\n}', None,
     ":2: calendar: cannot be 'yes'; accepted: on, off"),
    ('domain "example.org" { route = "%x@%d" }', None,
     ":1: route: '%x@%d': unknown % code: only %u, %d, %a and %% are known"),
    ('domain "example.org" { route = "nowhere" }', None,
     ":1: route: 'nowhere': there is no @: a route is an address, such as %u@DOMAIN"),
    ('domain "example.org" {', None, ":6: '{' before the one on line 1 is closed"),
    ("}", None, ":1: '}' without '{'"),
    ("/* what", None, ":1: the comment that begins here has no end; accepted: /* ... */"),
    ('include("/etc/passwd")', None, ":1: '(' outside quotes; accepted: \"...\" around the value"),
]


def text_with(first, without=None):
    lines = [line for name, line in GOOD.items() if name != without]
    return "\n".join([first, *lines] if first else lines) + "\n"


@pytest.fixture
def make():
    """make(text or options): a Daemon that is not started."""
    made = []

    def new(options):
        made.append(Daemon(options))
        return made[-1]

    yield new
    for daemon in made:
        daemon.close(check=False)


def make_good(make, **options):
    return make({**OPTIONS, **options})


def assert_fails(daemon, status, message, arguments=("-f",)):
    """The process ends with this status, and says this behind its name, last."""
    returned, out, error = daemon.run_once(*arguments)
    assert error.splitlines()[-1:] == [f"coexist-milter: {message}"]
    assert returned == status
    assert out == ""
    return error


def files(daemon):
    """What is in the daemon's folder, but for what valgrind writes."""
    return sorted(name for name in os.listdir(daemon.folder) if not name.startswith("findings"))


def wait_mode(path, mode):
    """The socket gets its mode after it is there, which root does not notice."""
    wait_until(
        lambda: stat.S_IMODE(os.stat(path).st_mode) == mode, 10,
        lambda: f"mode {mode:o}, not {os.stat(path).st_mode:o}",
    )


# The configuration file


@pytest.mark.parametrize("first, without, told", BAD, ids=[b[2][:50] for b in BAD])
def test_a_bad_file_is_refused_by_the_check_and_by_the_start(make, first, without, told):
    daemon = make(text_with(first, without))
    said = assert_fails(daemon, CONFIG, daemon.config + told, ["-t"])
    assert said.count("\n") == 1
    assert assert_fails(daemon, CONFIG, daemon.config + told) == said
    assert files(daemon) == ["coexist.conf"]


@pytest.mark.parametrize("line", [
    'state = "mysql://joe:pa55word@host/0"', 'state = "redis://joe:pa55word@host:0"',
    'state = "redis://joe:pa55word@host/x"', 'state = "unix://pa55word"',
])
def test_a_password_is_not_shown(make, line):
    daemon = make(text_with(line, "state"))
    status, _, error = daemon.run_once("-t")
    assert status == CONFIG
    assert error.startswith(f"coexist-milter: {daemon.config}:1: state: ")
    assert "pa55word" not in error


def test_a_file_that_cannot_be_read(make):
    daemon = make(text_with(""))
    os.unlink(daemon.config)
    assert_fails(daemon, CONFIG, f"{daemon.config}: cannot be read: No such file or directory")
    os.mkdir(daemon.config)
    assert_fails(daemon, CONFIG, f"{daemon.config}: cannot be read: Is a directory")
    os.rmdir(daemon.config)
    os.mkfifo(daemon.config)
    assert_fails(daemon, CONFIG, f"{daemon.config}: cannot be read: not a regular file")
    os.unlink(daemon.config)
    with open(daemon.config, "wb") as file:
        file.write(text_with("").encode() + b"# \0\n")
    assert_fails(daemon, CONFIG, f"{daemon.config}:8: a NUL octet")


def test_a_good_file_is_called_good(make):
    daemon = make(text_with("node = secondary"))
    assert daemon.run_once("-t") == (0, f"{daemon.config}: good\n", "")
    assert files(daemon) == ["coexist.conf"], "a check writes nothing"


def test_the_check_needs_neither_the_socket_nor_redis(make):
    running = make_good(make).start()
    other = make(text_with(
        f'listen = "{running.milter}"\nstate = "redis://127.0.0.1:{free_port()}/0"', "listen"
    ).replace('state = "memory:"\n', ""))
    assert other.run_once("-t") == (0, f"{other.config}: good\n", "")
    running.stop()


# The command line


def test_the_version(make):
    status, out, error = make(text_with("")).run_once("-V")
    assert (status, error) == (0, "")
    assert re.fullmatch(r"coexist-milter \d+\.\d+\.\d+\n", out)


def test_the_help_names_every_option(make):
    status, out, error = make(text_with("")).run_once("--help")
    assert (status, error) == (0, "")
    assert out.startswith("Usage: coexist-milter [OPTION...]\n")
    for option in ("-c, --config=FILE", "-f, --foreground", "-t, --test", "-v, --verbose",
                   "-V, --version"):
        assert f"  {option} " in out


@pytest.mark.parametrize("arguments", [["--nosuch"], ["-x"], ["-c"], ["more"], ["-t", "more"]])
def test_a_command_line_that_is_no_good(make, arguments):
    daemon = make(text_with(""))
    status, out, error = daemon.run_once(*arguments)
    assert (status, out) == (USAGE, "")
    assert "Try `coexist-milter --help'" in error


# The key file

KEY = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


def write_keys(daemon, text, mode=0o600):
    path = daemon.options["keys"]
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


@pytest.mark.parametrize("text, told", [
    ("", ": there is no key: at least one line NAME BASE64 is needed"),
    ("# none\n", ": there is no key: at least one line NAME BASE64 is needed"),
    ("k1\n", ":1: a line is a name, a blank and a secret in base64"),
    ("k1 secret\n", ":1: the secret is not base64, or not in full"),
    (f"k1 {KEY[:-1]}\n", ":1: the secret is not base64, or not in full"),
    (f"k1 {KEY} more\n", ":1: the secret is not base64, or not in full"),
    ("k1 c2hvcnQ=\n", ":1: the secret is too short: at least 16 octets"),
    (f"k,1 {KEY}\n", ":1: a key's name is 1 to 64 letters, digits, '.', '_' or '-'"),
    (f"k1 {KEY}\n# old\nk1 {KEY}\n", ":3: a key of this name stands above already"),
    ("".join(f"k{n} {KEY}\n" for n in range(33)), ":33: too many keys: at most 32"),
])
def test_a_bad_key_file(make, text, told):
    daemon = make_good(make)
    path = write_keys(daemon, text)
    assert_fails(daemon, CONFIG, path + told, ["-t"])
    error = assert_fails(daemon, CONFIG, path + told)
    assert KEY[:8] not in error


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660])
def test_a_key_file_that_others_may_read_or_write(make, mode):
    daemon = make_good(make)
    path = write_keys(daemon, f"k1 {KEY}\n", mode)
    told = "others may read or write the keys; mend it with chmod 0600 and the right owner"
    assert_fails(daemon, CONFIG, f"{path}: {told}", ["-t"])
    assert_fails(daemon, CONFIG, f"{path}: {told}")


def test_a_key_file_that_cannot_be_had(make):
    daemon = make_good(make)
    os.mkdir(daemon.options["keys"])
    assert_fails(daemon, CONFIG, f"{daemon.options['keys']}: Is a directory")

    daemon = make_good(make, keys="{folder}/missing/keys")
    assert_fails(
        daemon, CONFIG, f"{daemon.options['keys']}: the key file cannot be made: No such file or "
        "directory; make its folder, or set another `keys`"
    )


def test_a_key_file_is_made_at_the_first_start_and_kept(make):
    daemon = make_good(make).start()
    path = daemon.options["keys"]
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with open(path) as file:
        made = file.read()
    assert re.fullmatch(r"k\d{8} [A-Za-z0-9+/]{43}=\n", made)
    daemon.stop()
    daemon.start().stop()
    with open(path) as file:
        assert file.read() == made
    assert files(daemon) == ["coexist.conf", "keys"]


# The socket


def test_a_socket_where_somebody_listens_is_left_alone(make):
    first = make_good(make).start()
    second = make_good(make, listen=first.milter)
    assert_fails(
        second, UNAVAILABLE,
        f"{first.socket}: another process listens there: stop it or set another `listen`",
    )
    still_works(first.socket)
    first.stop()


def test_a_socket_whose_queue_is_full_is_left_alone(make):
    daemon = make_good(make)
    waiting = []
    with socket.socket(socket.AF_UNIX) as busy:
        busy.bind(daemon.socket)
        busy.listen(0)
        for _ in range(2):
            client = socket.socket(socket.AF_UNIX)
            client.setblocking(False)
            client.connect_ex(daemon.socket)
            waiting.append(client)
        assert_fails(
            daemon, UNAVAILABLE,
            f"{daemon.socket}: another process listens there: stop it or set another `listen`",
        )
        assert os.path.exists(daemon.socket)
    for client in waiting:
        client.close()


def test_a_socket_that_a_crash_left_is_replaced(make):
    daemon = make_good(make).start()
    daemon.kill()
    left = os.stat(daemon.socket)
    assert stat.S_ISSOCK(left.st_mode)
    daemon.start()
    still_works(daemon.socket)
    daemon.stop()
    assert not os.path.exists(daemon.socket)


@pytest.mark.parametrize("kind", ["file", "folder", "link", "fifo"])
def test_what_is_no_socket_is_left_alone(make, kind):
    daemon = make_good(make)
    path = daemon.socket
    if kind == "file":
        with open(path, "w") as file:
            file.write("precious")
    elif kind == "folder":
        os.mkdir(path)
    elif kind == "link":
        os.symlink(daemon.config, path)
    else:
        os.mkfifo(path)
    before = os.lstat(path)
    assert_fails(
        daemon, UNAVAILABLE, f"{path}: is there and no socket: remove it or set another `listen`"
    )
    after = os.lstat(path)
    assert (after.st_ino, after.st_mode, after.st_size) == (
        before.st_ino, before.st_mode, before.st_size)


def test_a_folder_that_is_not_there(make):
    daemon = make_good(make, listen="unix:{folder}/missing/milter.sock")
    assert_fails(
        daemon, UNAVAILABLE, f"{daemon.milter}: cannot listen there: No such file or directory"
    )


def test_a_port_where_somebody_listens(make):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        listen = f"inet:{busy.getsockname()[1]}@127.0.0.1"
        assert_fails(
            make_good(make, listen=listen), UNAVAILABLE,
            f"{listen}: cannot listen there: Address already in use",
        )


@pytest.mark.parametrize("mode", ["0600", "0660", "0666", "0770", "0"])
def test_the_mode_of_the_socket(make, mode):
    daemon = make_good(make, socket_mode=mode).start()
    wait_mode(daemon.socket, int(mode, 8))
    daemon.stop()


def test_the_group_and_usual_mode_of_the_socket(make):
    daemon = make_good(make, socket_group="postfix", socket_mode=None)
    mask = os.umask(0o077)
    try:
        daemon.start()
    finally:
        os.umask(mask)
    wait_mode(daemon.socket, 0o660)
    assert os.stat(daemon.socket).st_gid == grp.getgrnam("postfix").gr_gid
    daemon.stop()


def test_the_folder_may_hand_its_group_on(make):
    folder = make_folder("group")
    try:
        os.chown(folder, -1, grp.getgrnam("postfix").gr_gid)
        os.chmod(folder, 0o2750)
        daemon = make_good(make, listen=f"unix:{folder}/milter.sock").start()
        assert os.stat(daemon.socket).st_gid == grp.getgrnam("postfix").gr_gid
        daemon.stop()
    finally:
        remove_folder(folder)


@pytest.mark.parametrize("option, status, told", [
    ("socket_group", UNAVAILABLE, "socket_group: there is no group 'nosuchname'"),
    ("user", NO_USER, "user: there is no user 'nosuchname'"),
])
def test_names_that_nobody_has(make, option, status, told):
    daemon = make_good(make, **{option: "nosuchname"})
    write_keys(daemon, f"k1 {KEY}\n")
    assert_fails(daemon, status, told)
    assert not os.path.exists(daemon.socket), "the socket is not left behind"


def test_no_key_file_is_left_for_a_user_that_is_not_there(make):
    daemon = make_good(make, user="nosuchname")
    status, _, error = daemon.run_once("-f")
    assert status == CONFIG
    assert "there is no such `user`" in error
    assert not os.path.exists(daemon.options["keys"])


def test_the_sample_is_good(make):
    sample = os.path.join(os.path.dirname(__file__), "../../milter/coexist-milter.conf.sample")
    with open(sample) as file:
        text = file.read()
    assert '\nkeys = "/etc/coexist/keys"\n' in text
    daemon = make(text.replace("/etc/coexist/keys", "{folder}/keys"))
    assert daemon.run_once("-t") == (0, f"{daemon.config}: good\n", "")


def test_it_works_with_nothing_but_the_least(make):
    daemon = make(text_with("").replace("example.com", HERE)).start()
    with open(daemon.options["keys"] if daemon.options else f"{daemon.folder}/keys") as file:
        assert file.read().startswith("k")
    daemon.stop()

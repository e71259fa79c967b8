"""The words of the milter protocol, version 6, as <libmilter/mfdef.h> defines them."""

import re
import struct

# Commands (SMFIC_*)
ABORT, BODY, CONNECT, MACRO, EOM, HELO, QUIT_NC = b"A", b"B", b"C", b"D", b"E", b"H", b"K"
HEADER, MAIL, EOH, OPTNEG, QUIT, RCPT, DATA, UNKNOWN = (
    b"L", b"M", b"N", b"O", b"Q", b"R", b"T", b"U"
)

# What the MTA offers to let the filter do (SMFIF_*)
ADDHDRS, CHGBODY, ADDRCPT, DELRCPT, CHGHDRS, QUARANTINE, CHGFROM, ADDRCPT_PAR, SETSYMLIST = (
    1 << bit for bit in range(9)
)
ALL_ACTIONS = 0x1FF

# Steps that the filter may leave out or not answer (SMFIP_*)
NOCONNECT, NOHELO, NOMAIL, NORCPT, NOBODY, NOHDRS, NOEOH, NR_HDR, NOUNKNOWN, NODATA, SKIP, \
    RCPT_REJ, NR_CONN, NR_HELO, NR_MAIL, NR_RCPT, NR_DATA, NR_UNKN, NR_EOH, NR_BODY, HDR_LEADSPC = (
        1 << bit for bit in range(21)
    )
ALL_STEPS = 0x1FFFFF

# Per command: the flag that leaves it out, and the one that leaves out its answer.
FLAGS = {
    CONNECT: (NOCONNECT, NR_CONN), HELO: (NOHELO, NR_HELO), MAIL: (NOMAIL, NR_MAIL),
    RCPT: (NORCPT, NR_RCPT), DATA: (NODATA, NR_DATA), HEADER: (NOHDRS, NR_HDR),
    EOH: (NOEOH, NR_EOH), BODY: (NOBODY, NR_BODY), EOM: (0, 0), UNKNOWN: (NOUNKNOWN, NR_UNKN),
}

# Stages of macro lists (SMFIM_*) and Postfix's default lists.
STAGES = {CONNECT: 0, HELO: 1, MAIL: 2, RCPT: 3, DATA: 4, EOM: 5, EOH: 6}
DEFAULT_MACROS = {
    CONNECT: "j {daemon_name} {daemon_addr} v _",
    HELO: "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
    MAIL: "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
    RCPT: "i {rcpt_addr} {rcpt_host} {rcpt_mailer}", DATA: "i", EOH: "i", EOM: "i", UNKNOWN: "",
}
EDITS = {
    b"+": "addrcpt", b"2": "addrcpt", b"-": "delrcpt", b"h": "addheader", b"i": "insheader",
    b"m": "chgheader", b"e": "chgfrom", b"b": "replbody", b"q": "quarantine",
}
VERDICTS = {
    b"c": "continue", b"a": "accept", b"r": "reject", b"t": "tempfail", b"d": "discard",
    b"y": "reply", b"s": "skip", b"4": "shutdown", b"f": "connfail",
}
BODY_CHUNK = 65535


class ProtocolError(AssertionError):
    """The filter said what an MTA would not accept of it."""


class FilterClosed(ProtocolError):
    """The filter closed the connection where an answer was due."""


class Reply:
    """An answer. verdict: continue, accept, reject, tempfail, discard, reply, skip, shutdown,
    connfail, or `none` where the protocol foresees no answer. code, status and text are those of
    the SMTP reply that the client would be given; text has its lines joined by newlines.
    """

    def __init__(self, verdict, raw=b""):
        self.verdict = verdict
        self.raw = raw
        self.code, self.status, self.text = None, None, ""
        if verdict == "reply":
            self._parse(raw.rstrip(b"\0").decode("utf-8", "surrogateescape"))
        elif verdict == "reject":
            self.code, self.status, self.text = 550, "5.7.1", "Command rejected"
        elif verdict == "tempfail":
            self.code, self.status, self.text = 451, "4.7.1", "Service unavailable"

    def _parse(self, text):
        if len(self.raw) == 0 or self.raw[-1:] != b"\0" or b"\0" in self.raw[:-1]:
            raise ProtocolError(f"malformed reply {self.raw!r}")
        lines = []
        for line in text.split("\r\n"):
            found = re.fullmatch(r"([45]\d\d)([ -])(?:([245]\.\d{1,3}\.\d{1,3}) )?([^\r\n]*)", line)
            if not found or len(line) > 980:
                raise ProtocolError(f"malformed reply line {line!r}")
            code, _, status, told = found.groups()
            if status and status[0] != code[0]:
                raise ProtocolError(f"an MTA drops a filter for {line!r}")
            if re.search(r"%(?!%)", told.replace("%%", "")):
                raise ProtocolError(f"an MTA loses the lone % of {line!r}")
            lines.append((int(code), status, told.replace("%%", "%")))
        self.code, self.status = lines[0][:2]
        self.text = "\n".join(line[2] for line in lines)

    @property
    def goes_on(self):
        return self.verdict in ("continue", "accept", "skip", "none")

    def __repr__(self):
        if self.code:
            return f"<{self.verdict} {self.code} {self.status} {self.text!r}>"
        return f"<{self.verdict}>"


class Edit:
    """A change asked for at end of message. kind: addrcpt, delrcpt, addheader, insheader,
    chgheader, chgfrom, replbody, quarantine. address and arguments of envelope edits; index, name
    and value of header edits; value is quarantine's reason. par: it came as ADDRCPT_PAR.
    """

    def __init__(self, kind, **values):
        self.kind = kind
        self.address = self.arguments = self.index = self.name = self.value = None
        self.par = False
        self.__dict__.update(values)

    def __repr__(self):
        told = {k: v for k, v in self.__dict__.items() if v not in (None, False) and k != "kind"}
        return f"<{self.kind} {told}>"


def packet(command, data=b""):
    return struct.pack(">I", len(data) + 1) + command + data


def octets(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def strings(*texts):
    """Texts as the protocol writes them: each ended by a NUL."""
    return b"".join(octets(t) + b"\0" for t in texts)


def text_of(data):
    return data.decode("utf-8", "surrogateescape")


def connect_data(address, name=None):
    """The data of CONNECT: an IPv4 or IPv6 address, a path beginning with `/`, or None: unknown."""
    if address is None:
        return strings(name or "unknown") + b"U"
    family = b"L" if address.startswith("/") else b"6" if ":" in address else b"4"
    port = 0 if family == b"L" else 40000
    return strings(name or f"[{address}]") + family + struct.pack(">H", port) + strings(address)

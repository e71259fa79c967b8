"""Invitations (iMIP), as programs of the field write them, and mail that only looks like them."""

import base64
import quopri

from coexist_testing.pair import unique_message_id

ICS = """\
BEGIN:VCALENDAR
PRODID:-//Example//Calendar 1.0//EN
VERSION:2.0
{method}BEGIN:VEVENT
UID:{uid}
DTSTART:20251124T090000Z
DTEND:20251124T100000Z
SUMMARY:Planning
ORGANIZER:mailto:alice@sender.example
END:VEVENT
END:VCALENDAR
"""

HEADER = """\
From: Alice <alice@sender.example>
To: undisclosed-recipients:;
Subject: Planning
Message-ID: {message_id}
MIME-Version: 1.0
"""

OUTLOOK = HEADER + """\
Content-Language: en-US
Content-Type: multipart/alternative;
\tboundary="_000_AM0PR04MB4711EURPRD04_"

--_000_AM0PR04MB4711EURPRD04_
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Please come.

--_000_AM0PR04MB4711EURPRD04_
Content-Type: text/html; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

<html><body lang=3D"EN-US">Please come.</body></html>

--_000_AM0PR04MB4711EURPRD04_
Content-Type: text/calendar; charset="utf-8"; method={method}
Content-Transfer-Encoding: base64

{base64}
--_000_AM0PR04MB4711EURPRD04_--
"""

GMAIL = HEADER + """\
Content-Type: multipart/mixed; boundary="000000000000f1c2d305"

--000000000000f1c2d305
Content-Type: multipart/alternative; boundary="000000000000f1c2d203"

--000000000000f1c2d203
Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes

You have been invited.

--000000000000f1c2d203
Content-Type: text/html; charset="UTF-8"

<p>You have been invited.</p>

--000000000000f1c2d203
Content-Type: text/calendar; charset="UTF-8"; method={method}
Content-Transfer-Encoding: 7bit

{plain}
--000000000000f1c2d203--
--000000000000f1c2d305
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: base64

{base64}
--000000000000f1c2d305--
"""

APPLE = HEADER + """\
Content-Type: multipart/alternative;
\tboundary="Apple-Mail=_6F8D3D1B-8AE1"

--Apple-Mail=_6F8D3D1B-8AE1
Content-Transfer-Encoding: 7bit
Content-Type: text/plain;
\tcharset=us-ascii

Alice has invited you.

--Apple-Mail=_6F8D3D1B-8AE1
Content-Type: multipart/mixed;
\tboundary="Apple-Mail=_9A7C2F40-11B2"

--Apple-Mail=_9A7C2F40-11B2
Content-Transfer-Encoding: quoted-printable
Content-Disposition: attachment; filename="iCal-20251124.ics"
Content-Type: text/calendar;
\tname="iCal-20251124.ics";
\tmethod={method}

{quoted}
--Apple-Mail=_9A7C2F40-11B2--

--Apple-Mail=_6F8D3D1B-8AE1--
"""

# The calendar says what is asked for, its part does not.
BARE = HEADER + """\
Content-Type: multipart/mixed; boundary="b1"

--b1
Content-Type: text/plain

Please come.
--b1
Content-Type: text/calendar; charset=utf-8
Content-Transfer-Encoding: base64

{base64}
--b1--
"""

ALONE = HEADER + """\
Content-Transfer-Encoding: base64
Content-Type: text/calendar; charset=utf-8

{base64}
"""

# Mail that only has a calendar with it.
ICS_FILE = HEADER + """\
Content-Type: multipart/mixed; boundary="b1"

--b1
Content-Type: text/plain

The file of the meeting is attached.
--b1
Content-Type: application/ics; name="meeting.ics"
Content-Disposition: attachment; filename="meeting.ics"
Content-Transfer-Encoding: base64

{base64}
--b1--
"""

QUOTED = HEADER + """\
Content-Type: multipart/mixed; boundary="b1"

--b1
Content-Type: text/plain

> Content-Type: text/calendar; method={method}
>
{plain}
--b1--
"""


def make_invitation(template, method="REQUEST"):
    """(message id, text) of a message; method None: the calendar has none, and BARE and ALONE are
    no invitations."""
    message_id = unique_message_id()
    ics = ICS.format(method=f"METHOD:{method}\n" if method else "", uid=message_id.strip("<>"))
    octets = ics.replace("\n", "\r\n").encode()
    return message_id, template.format(
        message_id=message_id, method=method, plain=ics,
        base64=base64.encodebytes(octets).decode().rstrip("\n"),
        quoted=quopri.encodestring(ics.encode()).decode(),
    )

"""What the two Postfix of a Pair did with mail, read once: their Maildirs, queues and logs."""

import collections
import os
import re

from coexist_testing.pair import user_of

# A copy that was delivered. places: the systems that it went through, oldest first.
Copy = collections.namedtuple("Copy", "side when places intact traces")
Waiting = collections.namedtuple("Waiting", "side why")

SIDES = ("primary", "secondary")
_LINE = re.compile(r"postfix/(\w+)\[\d+\]: (\w+): (.*)")
_SENT = re.compile(r"to=<([^>]*)>, .*relay=([^,]*), .*status=(\w+) \((.*)\)$")


class Evidence:
    """Everything by (message id, recipient); the recipient in lower case, as the user writes it.

    copies    [Copy]
    waiting   [Waiting]: recipients still queued
    bounces   how many bounces were delivered to the sender
    moved     {"primary": n, "secondary": n}: how often it was sent from there to the other system
    """

    def __init__(self, pair, since):
        """since: {side: length of its log} when the mail began."""
        self.pair = pair
        self.copies = collections.defaultdict(list)
        self.waiting = collections.defaultdict(list)
        self.bounces = collections.Counter()
        self.moved = {side: collections.Counter() for side in SIDES}
        self.delivered_by_log = collections.Counter()
        self.message_ids = {}
        for side in SIDES:
            self._read_log(side, since[side])
            self._read_queue(side)
            self._read_mail(side)

    def _read_log(self, side, since):
        """A queue id is used again once its message is gone: what counts is the last one so far."""
        postfix = getattr(self.pair, side)
        known = self.message_ids[side] = {}
        with open(postfix.log_file, errors="replace") as file:
            file.seek(since)
            for line in file:
                found = _LINE.search(line)
                if not found:
                    continue
                program, queue_id, text = found.groups()
                if program == "cleanup" and text.startswith("message-id="):
                    known[queue_id] = text[len("message-id="):]
                elif "status=sent" in text:
                    self._read_sent(side, program, known.get(queue_id), text)

    def _read_sent(self, side, program, message_id, text):
        rcpt, _, status, said = _SENT.match(text).groups()
        if status != "sent":
            return
        key = (message_id, user_of(rcpt))
        if program == "virtual" and "maildir" in said:
            self.delivered_by_log[side, *key] += 1
        elif program != "virtual":
            self.moved[side][key] += 1

    def _read_queue(self, side):
        # What moves from queue to queue meanwhile is listed twice.
        queue = {message["queue_id"]: message for message in getattr(self.pair, side).queue()}
        for queue_id, message in queue.items():
            message_id = self.message_ids[side].get(queue_id)
            for recipient in message["recipients"]:
                key = (message_id, user_of(recipient["address"]))
                why = recipient.get("delay_reason", message["queue_name"])
                self.waiting[key].append(Waiting(side, why))

    def _read_mail(self, side):
        for delivery in getattr(self.pair, side).deliveries():
            if delivery.headers.get_content_type() == "multipart/report":
                self._read_bounce(delivery)
            else:
                key = (delivery.message_id, user_of(delivery.rcpt))
                self.copies[key].append(self._copy(side, delivery))

    def _copy(self, side, delivery):
        names = {getattr(self.pair, s).name: s for s in SIDES}
        places = []
        for received in reversed(delivery.headers.get_all("Received", [])):
            found = re.search(r"\bby (\S+)", received)
            place = names.get(found[1]) if found else None
            if place and places[-1:] != [place]:
                places.append(place)
        said = delivery.message_id.encode() if delivery.message_id else b"?"
        return Copy(
            side, _modified(delivery.file), places, delivery.body.count(said) == 3,
            len(delivery.headers.get_all("X-Coexist-Trace", [])),
        )

    def _read_bounce(self, delivery):
        text = delivery.body.decode("utf-8", "replace")
        about = re.search(r"^Message-ID: (<[^>]*>)", text, re.M | re.I)
        for block in text.split("\n\n"):
            if "\nAction: failed" in block and about:
                rcpt = re.search(r"^Final-Recipient: rfc822; *(\S+)", block, re.M)
                self.bounces[about[1], user_of(rcpt[1])] += 1


def _modified(path):
    return os.stat(path).st_mtime


def logs_now(pair):
    return {side: os.path.getsize(getattr(pair, side).log_file) for side in SIDES}

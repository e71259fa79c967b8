"""Servers other than Postfix in a World of containers: where their files are, what is asked of them."""


class Exim:
    folder = "/etc/exim4"

    @staticmethod
    def adapt(text, outside):
        """The world outside is the tester, not DNS; and retries are soon."""
        host, port = outside
        route = f"driver = manualroute\n  route_list = * {host}::{port}"
        return text.replace("driver = dnslookup", route).replace("F,2h,5m; F,4d,1h", "F,2h,1s")

    @staticmethod
    def queue(run):
        """As Postfix's queue() tells; what is being delivered just now is among it."""
        found = []
        for line in run("exim4", "-bp").splitlines():
            words = line.split()
            if len(words) >= 4 and words[3].startswith("<"):
                found.append({"queue_name": "deferred", "queue_id": words[2], "recipients": []})
            elif words and words[0] != "D":
                found[-1]["recipients"].append({"address": words[-1]})
        return found

    @classmethod
    def empty(cls, run):
        ids = [one["queue_id"] for one in cls.queue(run)]
        # One that has been delivered meanwhile is no longer there to be removed.
        run("sh", "-c", f"exim4 -Mrm {' '.join(ids)} || true")

    @staticmethod
    def flush(run):
        run("exim4", "-qff")


class OpenSmtpd:
    folder = "/etc/mail"

    @staticmethod
    def adapt(text, outside):
        host, port = outside
        return text.replace('action "outside" relay',
                            f'action "outside" relay host smtp://{host}:{port}')

    @staticmethod
    def queue(run):
        found = []
        for line in run("smtpctl", "show", "queue").splitlines():
            words = line.split("|")
            found.append({
                "queue_name": "deferred", "queue_id": words[0],
                "recipients": [{"address": words[5]}],
            })
        return found

    @classmethod
    def empty(cls, run):
        ids = [one["queue_id"] for one in cls.queue(run)]
        run("sh", "-c", "".join(f"smtpctl remove {i};" for i in ids) + "true")

    @staticmethod
    def flush(run):
        run("smtpctl", "schedule", "all")


KINDS = {"exim": Exim, "opensmtpd": OpenSmtpd}

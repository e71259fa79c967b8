"""What something was, as far as anybody can know from outside, and when."""

import time

_OPEN = float("inf")


class Timeline:
    """Values, each with the time from which and until which somebody may have seen it.

    A change that is being made is seen from its beginning on, beside what was before; that ends
    when the change is known to be made. Times are time.time().
    """

    def __init__(self, value):
        self.spans = [[value, 0.0, _OPEN]]

    def may_be(self, value):
        """A change to this value is begun."""
        self.spans.append([value, time.time(), _OPEN])

    def is_now(self, value):
        """It is this, for certain: all else is over."""
        now = time.time()
        for span in reversed(self.spans):
            if span[2] == _OPEN and span[0] != value:
                span[2] = now
        if not any(span[2] == _OPEN for span in self.spans):
            self.spans.append([value, now, _OPEN])

    @property
    def last(self):
        return self.spans[-1][0]

    def seen(self, since, until, lasts):
        """The values that may have been seen in this time. lasts(end, since): whether
        somebody may still have gone by a value that ended then."""
        return {
            value for value, begin, end in self.spans
            if begin <= until and (end == _OPEN or lasts(end, since))
        }

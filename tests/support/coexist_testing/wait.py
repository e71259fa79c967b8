"""Waiting on readiness, with a deadline that knows how slow the mode under test is."""

import os
import time

MODE = os.environ.get("COEXIST_MODE", "plain")

# Sanitizers and valgrind slow the daemon down; a deadline is for what never comes.
SLOWNESS = {"plain": 1, "ubsan": 2, "asan": 3, "tsan": 6, "valgrind": 15}.get(MODE, 1)


def wait_until(predicate, timeout=10.0, what=None, interval=0.01):
    """Returns the first true value of predicate(); fails after timeout seconds (times SLOWNESS).

    what: a text, or a function that makes one, told when the wait is in vain.
    """
    deadline = time.monotonic() + timeout * SLOWNESS
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            told = what() if callable(what) else what or getattr(predicate, "__name__", "condition")
            raise AssertionError(f"not within {timeout * SLOWNESS:g} s: {told}")
        time.sleep(interval)


def wait_briefly(predicate, timeout, interval=0.01):
    """wait_until() that ends with False when the wait is in vain; timeout is not multiplied."""
    deadline = time.monotonic() + timeout
    while not (value := predicate()):
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return value


def scaled(count, slow=None, valgrind=None):
    """A number of messages or rounds that suits the mode: count, a tenth, a hundredth."""
    if MODE == "plain":
        return count
    if MODE == "valgrind":
        return valgrind or max(1, count // 100)
    return slow or max(1, count // 10)

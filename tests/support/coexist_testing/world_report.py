"""What a World has seen, told beside a test that failed in it."""

import pytest

_LINES = 40


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """For a conftest.py to import."""
    outcome = yield
    report = outcome.get_result()
    world = getattr(item, "funcargs", {}).get("world")
    if report.failed and world:
        for name, ask in _questions(world):
            report.sections.append((name, _told(ask)))


def _questions(world):
    for side in world.sides:
        yield f"queue of the {side}", lambda side=side: "\n".join(map(str, world.queue(side)))
        yield f"log of the {side}", lambda side=side: _end(world.log(side))
        if world.scenario.has_filter(side):
            yield f"filter of the {side}", lambda side=side: _end(world.filter_log(side))


def _end(text):
    return "\n".join(text.splitlines()[-_LINES:])


def _told(ask):
    """Also where the part that is asked is what has failed."""
    try:
        return ask()
    except Exception as fault:  # pylint: disable=broad-except
        return f"not to be had: {fault}"

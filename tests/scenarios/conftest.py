"""One world for each module, and a fresh state for each test."""

import pytest

from coexist_testing import world_report
from coexist_testing.world import world_of

# What the parts have said, beside a test that failed.
pytest_runtest_makereport = world_report.pytest_runtest_makereport


@pytest.fixture(scope="module")
def _world(request):
    with world_of(request.module.SCENARIO) as world:
        yield world


@pytest.fixture
def world(_world):
    """The module's scenario, as its files have it. An error line in a filter's log fails the test."""
    _world.reset()
    yield _world
    _world.check()

"""As for the scenarios; these need containers, whose networks can be cut."""

import pytest

from coexist_testing import world_report
from coexist_testing.world_containers import WorldOfContainers

# What the parts have said, beside a test that failed.
pytest_runtest_makereport = world_report.pytest_runtest_makereport


@pytest.fixture(scope="module")
def _world(request):
    with WorldOfContainers(request.module.SCENARIO, getattr(request.module, "KINDS", {})) as world:
        yield world


@pytest.fixture
def world(_world):
    _world.reset()
    yield _world
    _world.check()

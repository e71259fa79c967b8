"""One world for each module, and a fresh state for each test."""

import pytest

from coexist_testing.world import world_of


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

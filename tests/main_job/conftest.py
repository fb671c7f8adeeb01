"""The servers of this folder's tests. Voice and USSD have one each: what USSD charges would change what a call is expected to say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.main_job.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product with its Asterisk."""
    running = Server(tmp_path_factory.mktemp("voice"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def ussd_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product without an Asterisk, for sessions that are charged."""
    running = Server(tmp_path_factory.mktemp("ussd"), telephone=False)
    yield running
    running.stop()

"""An issuer that runs for one test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.identity.issuer import Issuer, running_issuer


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as found:
        yield found

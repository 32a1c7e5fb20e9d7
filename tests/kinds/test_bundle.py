"""Bundle: defaults and life cycle."""

from __future__ import annotations

from reconciler.kinds.bundle import KIND
from reconciler.model.address import Address
from reconciler.model.encode import stored_values
from tests.kinds.worlds import resource


def test_a_short_bundle_takes_the_defaults() -> None:
    bundle = resource("Bundle", "signatures-1k", displayName="1,000", includedSignatures=1000)
    stored = dict(zip((one.name for one in KIND.columns), stored_values(KIND, bundle, {}), strict=True))
    assert bundle.address == Address("Bundle", "", "signatures-1k")
    assert (stored["custody"], stored["notifications"], stored["state"]) == (False, False, None)


def test_a_retired_bundle_may_come_back() -> None:
    assert KIND.lifecycle is not None
    assert [str(edge) for edge in KIND.lifecycle.path("retired", "active") or ()] == ["retired->active"]

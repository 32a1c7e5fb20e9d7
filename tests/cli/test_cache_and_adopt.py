"""adopt and the cache of sound manifests: files that are not written yet are judged too, and are never remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.adapters.manifests.cache import FEWEST
from tests.cli.tree import Tree

BUNDLE = """\
apiVersion: reconciler/v1
kind: Bundle
metadata:
  name: bundle-{0}
spec:
  displayName: Number {0}
  includedSignatures: {0}
"""


@pytest.mark.parametrize("known", [False, True], ids=["cold", "warm"])
def test_rows_are_adopted_beside_many_manifests(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, *, known: bool
) -> None:
    for number in range(FEWEST):
        tree.write(f"platform/bundles/bundle-{number}.yaml", BUNDLE.format(number))
    place: Path = tmp_path_factory.mktemp("cache")
    assert tree.run("apply", "--bootstrap", "--auto-approve", "--as", "root@example.com").code == 0
    tree.sql(
        "INSERT INTO service_types (tenant, name, rev, labels, annotations, protect, display_name, description, "
        "sort_order, state) VALUES ('farol', 'question', 1, '{}', '{}', 0, 'A question', 'x', 7, 'disabled')"
    )
    monkeypatch.setenv("RECONCILER_CACHE", str(place))
    if known:
        assert tree.run("validate").code == 0
        assert list(place.rglob("*.pack"))
    call = tree.run("adopt", "ServiceType/farol/question", "--as", "root@example.com", "--auto-approve")
    assert call.code == 0, call.err
    assert "Adopted 1 resource. No changes." in call.out

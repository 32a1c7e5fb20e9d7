"""A tree of manifests whose live database is embedded, or one of a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.tree import Tree
from tests.servers import Cluster

KEY = "c2VjcmV0LWtleS1mb3ItdGVzdHMtb25seS0zMmJ5dGU="


class ServedTree(Tree):
    """A working folder whose live database belongs to a server."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], cluster: Cluster, name: str) -> None:
        super().__init__(folder, capsys)
        self.cluster = cluster
        self.name = name

    @property
    def founded(self) -> bool:
        return self._has_administrator(psycopg.errors.UndefinedTable)

    def sql(self, statement: str, *values: Any) -> list[Any]:
        with self.cluster.connect(self.name) as connection:
            cursor = connection.execute(statement.replace("?", "%s").encode(), values or None)
            return [] if cursor.description is None else cursor.fetchall()

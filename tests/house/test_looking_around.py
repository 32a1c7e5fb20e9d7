"""Who asks a view for every resource of a kind is known: a plan of some tenants has not read them all (ADR 50).

A rule about the whole set says by ``seeks`` how it finds resources of other tenants. Every other rule asks for one
resource, for those in one tenant, or for those of a kind that stands at platform level.
"""

from __future__ import annotations

import ast

from reconciler.kinds import discover
from reconciler.model.kind import Level
from reconciler.model.portal import ROLE
from tests.house.places import PACKAGE

ABOUT_THE_SET = {"issuer.py", "domain.py", "role.py", "customer.py", "system_configuration.py"}
"""Files with rules that are judged once for the whole set and look around in it."""


def asked() -> set[tuple[str, str]]:
    """The files and kinds of all calls of ``view.all``; a kind that is worked out is empty."""
    found = set()
    for path in sorted(
        [*(PACKAGE / "kinds").glob("*.py"), PACKAGE / "model/portal.py", PACKAGE / "model/shared_rules.py"]
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "all":
                word = node.args[0] if node.args else None
                found.add((path.name, _word(word)))
    return found


def _word(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return ROLE if isinstance(node, ast.Name) and node.id == "ROLE" else ""


def test_only_rules_about_the_set_ask_for_everything() -> None:
    levels = {name: kind.level for name, kind in discover().items()} | {"": Level.TENANT}
    wide = {file for file, kind in asked() if levels[kind] is not Level.PLATFORM}
    assert wide <= ABOUT_THE_SET, "give a rule about the set seeks; any other one asks with inside or referrers"


def test_every_rule_about_the_set_says_what_it_seeks() -> None:
    rules = [rule for kind in discover().values() for rule in kind.rules if rule.scope == "set"]
    assert len(rules) == 5
    assert [rule.code for rule in rules if rule.seeks is None] == []

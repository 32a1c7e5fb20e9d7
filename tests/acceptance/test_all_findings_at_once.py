"""Phases plan and time are judged together: one does not hide what the other has to say."""

from __future__ import annotations

from tests.cli.tree import Tree

AUDITOR = """\
---
apiVersion: reconciler/v1
kind: SupportMail
metadata: {name: desk, tenant: farol}
spec:
  address: desk@farol.example.com
  tenantId: farol.example.com
  clientId: 6f9619ff-8b86-4011-b42d-00c04fc964ff
  clientSecret: {fromEnv: ANA_PASSWORD, version: "1"}
  clientSecretExpiresAt: "2026-12-01"
  consent: {read: true, write: true, modify: true}
  mailboxScoped: true
  state: active
"""


def test_time_and_plan_speak_together(tree: Tree) -> None:
    desk = (tree.folder / "tenants/farol/desk.yaml").read_text(encoding="utf-8")
    tree.write("tenants/farol/desk.yaml", desk + AUDITOR)
    tree.apply()
    tree.edit("tenants/farol/desk.yaml", "2026-12-01", "2026-01-01")
    tree.edit("tenants/farol/partner.yaml", "599900016", "502757191")
    call = tree.run("plan", "--format", "json")
    assert call.code == 1
    found = {one["code"] for one in call.json["reconciler"]["diagnostics"] if one["severity"] == "error"}
    assert found == {"SUP-09", "GEN-05"}

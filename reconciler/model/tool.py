"""Tool: the rights on the program itself, the rows ``Engine`` of the matrix. They belong to no kind."""

from __future__ import annotations

from reconciler.model.access import Allow, may, never, no, rights

NAME = "Engine"
"""The word of the matrix for the program."""

TOOL: tuple[Allow, ...] = (
    rights("validate", A=may("all"), D=may("all"), P=may("all"), I=may("all"), U=may("all")),
    rights(
        "plan",
        A=may("all"),
        D=may("tree"),
        P=may("own"),
        I=may("own"),
        U=may("scope", "drift only", code="OPR-06"),
    ),
    rights("apply", A=may("all"), D=may("tree"), P=may("own"), I=may("own"), U=never("OPR-06")),
    rights("approve", A=may("all", "not author", code="GEN-25"), D=no(), P=no(), I=no(), U=never("OPR-06")),
    rights(
        "read-audit-log",
        A=may("all"),
        D=may("tree"),
        P=may("own"),
        I=may("own"),
        U=may("scope"),
    ),
)
"""One row group a verb. The reach says over which resources the verb shows or changes anything."""

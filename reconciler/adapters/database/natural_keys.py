"""Natural keys as terms of SQL: those of the indexes that make them unique, by which a row is found again.

Needs no SQLAlchemy: plans ask by them too.
"""

from __future__ import annotations

from reconciler.model.columns import Field
from reconciler.model.kind import Kind, Unique


def key_fields(kind: Kind, key: Unique) -> list[Field]:
    """The fields of a key that the database can hold unique; none where one of its parts is no single column."""
    fields = [kind.by_path[path] for path in key.paths if path in kind.by_path]
    if len(fields) != len(key.paths) or any(one.type not in ("text", "int", "bool") for one in fields):
        return []
    return fields


def key_part(one: Field, key: Unique, *, alone: bool) -> str:
    """The term for one field of a key; ``alone`` says that it is the only one."""
    column = one.columns[0].name
    if one.type != "text":
        return column
    # Two empty values are the same value in a key of several parts, which SQL does not think by itself.
    term = column if one.required or alone else f"coalesce(\"{column}\", '')"
    if key.fold and not one.words and one.ref is None:
        quoted = f'"{column}"' if term == column else term
        return f"lower(trim({quoted}))"
    return term


def key_condition(kind: Kind, key: Unique) -> str:
    """The condition under which a row takes part in a key; empty when every row does."""
    terms: list[str] = []
    if key.unless_state:
        terms.append("state NOT IN (" + ", ".join(f"'{state}'" for state in key.unless_state) + ")")
    for path, value in key.when:
        column = kind.by_path[path].columns[0].name
        match value:
            case bool():
                terms.append(f'"{column}"' if value else f'NOT "{column}"')
            case int():
                terms.append(f'"{column}" = {value}')
            case None:
                terms.append(f'"{column}" IS NULL')
            case _:
                terms.append(f"\"{column}\" = '{value}'")
    return " AND ".join(terms)

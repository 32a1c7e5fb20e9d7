"""init: a new repository of manifests that passes its own checks, written whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from reconciler import __version__
from reconciler.model.blueprint import NewFile, Template
from reconciler.model.dataclass import dataclass
from reconciler.model.errors import UsageError
from reconciler.model.formats import is_email
from reconciler.ports import NewFolder

PLACEHOLDER = "administrator@example.com"
"""The first administrator when nobody is named."""

SCHEMAS = "schemas"
"""The folder of the JSON Schemas."""

AUDIENCE = "reconciler.example.com"
"""For whom the tokens of pipelines are, until somebody chooses another name."""

_PLAIN_EMAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*@[A-Za-z0-9.-]+")
_WORD = re.compile(r"@\{(\w+)\}")
_CHOICE = re.compile(r"@\[(\w+)\]")
_NO_NAMES = frozenset({"true", "false", "null"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a new repository is about: its pipeline, the first administrator's e-mail, and whom its pipeline trusts."""

    pipeline: str
    email: str
    trust: str


def compose(templates: Sequence[Template], schemas: Mapping[str, str], answers: Answers) -> list[NewFile]:
    """The files of a repository.

    Raises:
        UsageError: the e-mail is none, or none that can stand everywhere as it is.
    """
    email = answers.email
    if not is_email(email) or not _PLAIN_EMAIL.fullmatch(email):
        raise UsageError(
            "the e-mail of the administrator is none that can be used here",
            hint="give one of letters, digits and . _ + -, as in ana.moura@example.com",
        )
    words = {
        "email": email,
        "administrator": _name(email),
        "display_name": _display_name(email),
        "version": __version__,
        "extras": "postgres,oidc" if answers.trust == "oidc" else "postgres",
        "audience": AUDIENCE,
    }
    chosen = {answers.pipeline, answers.trust}
    made = [NewFile(one.path, _filled(one.text, words, chosen), one.kept, one.joined) for one in templates]
    return made + [NewFile(f"{SCHEMAS}/{name}", text) for name, text in schemas.items()]


def create(folder: NewFolder, files: Sequence[NewFile]) -> list[str]:
    """Write the files of a repository; their paths, in order.

    Raises:
        UsageError: something is in the way; nothing was written (INI-01).
        WorldError: a file cannot be written; nothing was (OUT-01).
    """
    taken = folder.in_the_way(files)
    if taken:
        listed = ", ".join(taken)
        raise UsageError(
            f"nothing was written, for this is in the way: {listed}",
            code="INI-01",
            hint="move it away, or name another folder",
        )
    return sorted(folder.write(files))


def _filled(text: str, words: Mapping[str, str], chosen: set[str]) -> str:
    lines: list[str] = []
    for line in text.splitlines():
        rest, wanted = line, True
        while found := _CHOICE.match(rest):
            wanted = wanted and found[1] in chosen
            rest = rest[found.end() :]
        if wanted:
            lines.append(_WORD.sub(lambda word: words[word[1]], rest))
    return "".join(f"{line}\n" for line in lines)


def _name(email: str) -> str:
    """The name of the administrator's resource, from the e-mail; never one that YAML would take for something else."""
    name = re.sub(r"[^a-z0-9.-]", "-", email.partition("@")[0].lower())[:60].strip(".-")
    return name if name[:1].isalpha() and name not in _NO_NAMES else f"op-{name}".rstrip("-")


def _display_name(email: str) -> str:
    parts = [part.capitalize() for part in re.split(r"[^A-Za-z]+", email.partition("@")[0]) if part]
    return " ".join(parts) if len(parts) > 1 else "First Administrator"

"""Blueprint: the files of a new repository of manifests, before they are written."""

from __future__ import annotations

from reconciler.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """One file of a new repository.

    ``@{word}`` in its text stands for an answer. A line that begins with ``@[word]`` is there only when the word was
    chosen; several may stand behind each other. ``kept``: a file that is there already stays, and this one is left out.
    ``joined``: of a file that is there already only the lines that it lacks are added.
    """

    path: str
    text: str
    kept: bool = False
    joined: bool = False


@dataclass(frozen=True, slots=True)
class NewFile:
    """One file to be written: ``text`` is the whole of it, or with ``joined`` what it must hold."""

    path: str
    text: str
    kept: bool = False
    joined: bool = False

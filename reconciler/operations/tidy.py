"""tidy: files in canonical order and spacing, with every value and every comment kept."""

from __future__ import annotations

from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, errors_in, in_order
from reconciler.ports import ManifestEditor


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A file that is not as it should be: its shown path and its bytes before and after."""

    file: str
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied:
    """What became of ``files`` files: those that were, or would be, rewritten, and why others were left alone."""

    files: int
    rewritten: tuple[Rewritten, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def valid(self) -> bool:
        """Whether every file could be tidied."""
        return not errors_in(list(self.diagnostics))


def tidy_files(editor: ManifestEditor, *, writes: bool) -> Tidied:
    """Tidy every file; ``writes`` puts each that differs in its place. A file with a finding is left alone.

    Raises:
        WorldError: a file was changed meanwhile, or cannot be written; those before it are written.
    """
    contents, found = editor.contents()
    rewritten = []
    for file, before in contents.items():
        after, problems = editor.tidied(file, before)
        found += problems
        if after != before:
            if writes:
                editor.replace(file, before, after)
            rewritten.append(Rewritten(file=file, before=before, after=after))
    return Tidied(files=len(contents), rewritten=tuple(rewritten), diagnostics=tuple(in_order(found)))


def tidy_text(editor: ManifestEditor, file: str, data: bytes) -> Tidied:
    """Tidy one text that is no file, called ``file`` in what is told about it."""
    after, found = editor.tidied(file, data)
    rewritten = (Rewritten(file=file, before=data, after=after),) if after != data else ()
    return Tidied(files=1, rewritten=rewritten, diagnostics=tuple(in_order(found)))

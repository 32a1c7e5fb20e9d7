"""Changed files as a unified diff, which ``git apply`` takes."""

from __future__ import annotations

from difflib import unified_diff

from reconciler.render.terminal import Palette, safe


def tidy_diff(file: str, before: bytes, after: bytes, palette: Palette) -> str:
    """What changes in one file, as ``diff -u`` shows it. In colours, for eyes, a carriage return is an escape."""
    old, new = (one.decode("utf-8", "replace").split("\n") for one in (before, after))
    ends = [not lines[-1] for lines in (old, new)]
    for lines, ended in zip((old, new), ends, strict=True):
        if ended:
            lines.pop()
        else:
            lines[-1] += "\0"  # a mark that no file can hold: its last line has no line end
    told: list[str] = []
    source = f"a/{file}" if before else "/dev/null"  # as git names what is not there yet
    for line in unified_diff(old, new, source, f"b/{file}", lineterm=""):
        plain = line.removesuffix("\0")
        end = "\r" if plain.endswith("\r") and not palette.on else ""
        text = "\t".join(safe(part) for part in plain.removesuffix(end).split("\t"))
        told.append(_coloured(text, palette) + end)
        if line.endswith("\0"):
            told.append("\\ No newline at end of file")
    return "".join(f"{line}\n" for line in told)


def _coloured(line: str, palette: Palette) -> str:
    style = {"@": "cyan", "+": "green", "-": "red"}.get(line[:1])
    return line if style is None else palette.paint(line, style)

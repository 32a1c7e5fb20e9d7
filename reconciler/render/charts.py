"""Bars of changes by tenant or kind as inline SVG.

pygal lays them out. What it draws passes a list of allowed elements and attributes: no script, style, tooltip, random
identity or date of it reaches the page, which forbids the first two and must not differ between two runs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from markupsafe import Markup

from reconciler.render.review import Tally
from reconciler.render.terminal import safe, shorten

SERIES = (
    ("add", "add"),
    ("change", "change"),
    ("destroy", "destroy"),
    ("waits", "wait"),
    ("other", "other"),
)
"""Parts of a bar: the field of a tally, and its word. The class of its colour is ``fill-`` and the field."""
BARS = 12
"""More bars than this say nothing; a page has the numbers below."""
_NAME = 24
_ALLOWED = {
    "svg": ("viewBox",),
    "g": ("class", "transform"),
    "rect": ("class", "x", "y", "width", "height"),
    "path": ("class", "d"),
    "text": ("class", "x", "y"),
}
_CLASSES = frozenset("plot background axis guides guide line major series bars bar legends legend x y".split())
_DROPPED = frozenset({"text-overlay", "tooltip-overlay", "tooltip", "titles"})


def bars(found: Sequence[Tally], *, label: str, series: Sequence[tuple[str, str]] = SERIES) -> Markup:
    """A bar for each of the first :data:`BARS` tallies; ``label`` is what a screen reader says of the drawing."""
    pygal = _pygal()
    shown = found[:BARS]
    used = [(field, word) for field, word in series if any(getattr(one, field) for one in shown)]
    chart = pygal.HorizontalStackedBar(
        pygal.Config(js=[], css=[], no_prefix=True, show_y_guides=True, print_values=False),
        style=pygal.style.Style(label_font_size=12, major_label_font_size=12, legend_font_size=12),
        width=500,
        height=80 + 24 * len(shown),
        legend_at_bottom=True,
        legend_at_bottom_columns=max(1, len(used)),
        legend_box_size=12,
        margin=8,
        spacing=8,
        max_scale=6,
        order_min=0,
    )
    chart.x_labels = [shorten(safe(one.name), _NAME) for one in reversed(shown)]
    for field, word in used:
        chart.add(word, [getattr(one, field) for one in reversed(shown)])
    return Markup("").join(_clean(chart.render_tree(), [field for field, _ in used], label))


def _pygal() -> Any:
    import pygal  # type: ignore[import-untyped] # it has no types
    import pygal.style  # type: ignore[import-untyped] # as above

    # It leaves an importer of an old form behind, of which Python complains at every import that follows.
    sys.meta_path[:] = [one for one in sys.meta_path if type(one).__module__ != pygal.__name__]
    return pygal


def _clean(node: Element, fields: Sequence[str], label: str = "") -> Iterator[Markup]:
    """The allowed part of what pygal drew, written by ourselves: which XML library it found makes no difference."""
    name = str(node.tag).rpartition("}")[2]  # the tag of a comment is a function
    if name not in _ALLOWED or _DROPPED & {*node.get("class", "").split()}:
        return
    attributes = Markup("").join(_attributes(node, _ALLOWED[name], fields))
    if label:
        attributes += Markup(' class="chart" role="img" aria-label="{}"').format(label)
    yield Markup("<{}{}>").format(name, attributes)
    if name == "text":
        yield Markup.escape(node.text or "")
    for child in node:
        yield from _clean(child, fields)
    yield Markup("</{}>").format(name)


def _attributes(node: Element, names: Sequence[str], fields: Sequence[str]) -> Iterator[Markup]:
    for name in names:
        value: Any = node.get(name)
        if name == "class":
            value = " ".join(_class(word, fields) for word in (value or "").split() if _class(word, fields))
        elif value is not None and name not in ("d", "transform", "viewBox"):
            value = f"{float(value):.1f}".removesuffix(".0")
        if value:
            yield Markup(' {}="{}"').format(name, value)


def _class(word: str, fields: Sequence[str]) -> str:
    """A class of ours for one of pygal's; its colours have numbers, ours have the names of what they count."""
    stem, _, number = word.partition("-")
    if stem in ("color", "serie") and number.isdigit() and int(number) < len(fields):
        return f"fill-{fields[int(number)]}"
    return word if word in _CLASSES else ""

"""What a terminal may be sent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.render.terminal import Palette, safe, shorten, width, wrap


@given(st.text())
def test_nothing_that_controls_a_terminal_gets_through(text: str) -> None:
    assert safe(text).isprintable()


@given(st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"])))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


def test_escapes_say_what_was_there() -> None:
    assert safe("a\x1b[0m\n\u202e\U000e0041\x9b") == "a\\e[0m\\n\\u202e\\U000e0041\\x9b"


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"])), st.integers(2, 60))
def test_shortened_text_fits(text: str, room: int) -> None:
    assert width(shorten(text, room)) <= room


def test_wide_characters_take_two_columns() -> None:
    assert (width("漢字"), width("e\u0301"), shorten("漢字漢字", 5)) == (4, 1, "漢字…")


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=20)), st.integers(30, 80))
def test_wrapped_lines_fit_and_lose_nothing(words: list[str], room: int) -> None:
    lines = wrap(" ".join(words), indent="  ", hanging="    ", room=room)
    assert all(len(line) <= room for line in lines)
    assert " ".join(" ".join(lines).split()) == " ".join(words)


def test_a_word_longer_than_a_line_stays_whole() -> None:
    assert wrap("see " + "x" * 90, room=80) == ["see", "x" * 90]


def test_colours_are_off_unless_asked_for() -> None:
    assert Palette().paint("word", "bold", "red") == "word"
    assert Palette(on=True).paint("word", "bold", "red") == "\x1b[1;31mword\x1b[0m"

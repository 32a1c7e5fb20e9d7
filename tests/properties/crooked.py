"""Manifests as people might write them: every layout that YAML allows, with comments wherever one may stand."""

from __future__ import annotations

from random import Random

KINDS = ("ClientService", "Customer", "Partner", "SystemConfiguration", "Domain", "Nothing")
KEYS = (
    "alias name issuer state contact address city trustedIps billing account zebra alpha ssl origins fromEnv version "
    "labels additionalInfo email limits policy"
).split()
PLAIN = "x true 12 1.5 off 010 ~ null 22:30 a#b a:b -x ?x https://a.example.com/x?y=1 two_words [".split()[:-1]
QUOTED = ('"a # b"', "'it''s'", '"tab\\tq"', "''", '""', '"{{x}}"', "'- no list'", '"\\u00e9"', "'a: b'")
WORDS = ("plain words", "with: no", "é ü", "hash#inside", "end")


class Crooked:
    """Writes one file. ``comments`` holds the text of every comment that stands in it."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.comments: list[str] = []
        self.lines: list[str] = []

    def text(self) -> str:
        """The whole file."""
        count = self.random.choice((1, 1, 1, 2, 3))
        for number in range(count):
            self._between(0)
            if number or self.chance(0.3):
                self.lines.append("---" + self._beside(0.2))
                self._between(0)
            if self.chance(0.05):
                continue  # an empty document
            if self.chance(0.1):
                self.lines.append(self._flow(2, mapping=True) + self._beside(0.3))
            else:
                self._mapping(self.random.choice((0, 0, 0, 2)), 0, top=True)
            self._between(0)
            if self.chance(0.05):
                self.lines.append("..." + self._beside(0.2))
        ends = self.random.choice(("\n", "\n", "\n", "\n\n\n", ""))
        text = "\n".join(self.lines) + ends
        return text.replace("\n", "\r\n") if self.chance(0.05) else text

    def chance(self, share: float) -> bool:
        """True in this share of all cases."""
        return self.random.random() < share

    # --- comments ----------------------------------------------------------------------------------------------------

    def _comment(self) -> str:
        text = f"#{self.random.choice(('', ' ', '!', '##'))} c{len(self.comments):03} {self.random.choice(WORDS)}"
        self.comments.append(text)
        return text + self.random.choice(("", "", "  ", "\t"))

    def _beside(self, share: float) -> str:
        return self.random.choice((" ", "   ", "\t")) + self._comment() if self.chance(share) else self._trailing()

    def _trailing(self) -> str:
        return self.random.choice(("", "", "", " ", "  "))

    def _between(self, indent: int) -> None:
        """Blank lines and comments of their own."""
        while self.chance(0.25):
            if self.chance(0.5):
                self.lines.append(self._trailing())
            else:
                column = self.random.choice((indent, indent, indent, 0, indent + 1, indent + 2, max(indent - 1, 0)))
                self.lines.append(" " * column + self._comment())

    # --- nodes -------------------------------------------------------------------------------------------------------

    def _keys(self, most: int) -> list[str]:
        return self.random.sample(KEYS, self.random.randint(1, most))

    def _mapping(self, indent: int, depth: int, *, top: bool = False, first: str = "") -> None:
        keys = self._keys(4)
        if top:
            keys = self.random.sample(["apiVersion", "kind", "metadata", "spec", "lifecycle", *keys[:2]], k=4)
        for number, key in enumerate(keys):
            head = " " * indent
            if first and number == 0:
                head = first
            else:
                self._between(indent)
            if key == "kind" and top:
                self.lines.append(f"{head}kind: {self.random.choice(KINDS)}{self._beside(0.2)}")
                continue
            word = f'"{key}"' if self.chance(0.1) else key
            if self.chance(0.03):
                self.lines.append(f"{head}? {word}{self._beside(0.3)}")
                head, word = " " * indent, ""
            self._value(f"{head}{word}{self.random.choice(('', '', '', ' '))}:", indent, depth, listed=False)
        if not first or self.chance(0.5):
            self._tail(indent)

    def _list(self, indent: int, depth: int, *, first: str = "") -> None:
        for number in range(self.random.randint(1, 3)):
            head = " " * indent
            if first and number == 0:
                head = first
            else:
                self._between(indent)
            self._value(f"{head}-", indent, depth, listed=True)
        self._tail(indent)

    def _tail(self, indent: int) -> None:
        if self.chance(0.1):
            self.lines.append(" " * indent + self._comment())

    def _value(self, head: str, indent: int, depth: int, *, listed: bool) -> None:
        space = self.random.choice((" ", " ", " ", "  ", "    "))
        sort = self.random.choice(("word", "word", "flow", "block", "long", "none", "map", "list", "map", "list"))
        if depth > 3 and sort in ("map", "list"):
            sort = "word"
        deeper = indent + self.random.choice((1, 2, 2, 2, 3, 4))
        if sort == "none":
            self.lines.append(head + self._beside(0.2))
            self._between(deeper)
        elif sort == "word":
            self._put(head, space, self._word(), deeper)
        elif sort == "flow":
            self._put(head, space, self._flow(2, mapping=self.chance(0.5), inner=deeper), deeper)
        elif sort == "long":
            self._long(head + space, deeper)
        elif sort == "block":
            self._block(head + space, indent, deeper)
        elif listed and self.chance(0.6):
            nested = len(head) + len(space)
            start = head + space
            if sort == "map":
                self._mapping(nested, depth + 1, first=start)
            else:
                self._list(nested, depth + 1, first=start)
        else:
            self.lines.append(head + self._beside(0.2))
            self._between(deeper)
            if sort == "map":
                self._mapping(deeper, depth + 1)
            else:
                self._list(indent if not listed and self.chance(0.4) else deeper, depth + 1)

    def _put(self, head: str, space: str, value: str, deeper: int) -> None:
        if self.chance(0.05):
            self.lines.append(head + self._beside(0.3))
            self._between(deeper)
            head, space = "", " " * deeper
        self.lines.append(head + space + value + self._beside(0.25))

    def _word(self) -> str:
        if self.chance(0.4):
            return self.random.choice(QUOTED)
        return self.random.choice(PLAIN)

    def _long(self, head: str, deeper: int) -> None:
        quote = self.random.choice(("", '"', "'"))
        rest = [" " * self.random.choice((deeper, deeper + 3)) + "more of it" for _ in range(self.random.randint(1, 2))]
        if self.chance(0.3):
            rest.insert(0, self._trailing())
        first = "first line" + (" \\" if quote == '"' and self.chance(0.3) else self._trailing())
        self.lines += [f"{head}{quote}{first}", *rest[:-1], f"{rest[-1]}{quote}{self._beside(0.2)}"]

    def _block(self, head: str, indent: int, deeper: int) -> None:
        digit = str(deeper - indent) if self.chance(0.2) else ""
        chomp = self.random.choice(("", "", "-", "+"))
        header = self.random.choice("|>") + self.random.choice((digit + chomp, chomp + digit))
        self.lines.append(head + header + self._beside(0.2))
        for _ in range(self.random.randint(0, 3)):
            more = self.random.choice(("", "", "  ", "" if not digit else "   "))
            self.lines.append(" " * deeper + more + self.random.choice(("# no comment", "text", "a: b", "- x", "t  ")))
            if self.chance(0.2):
                self.lines.append(self._trailing())
            digit = digit or "after the first line"

    def _flow(self, depth: int, *, mapping: bool, inner: int = 2) -> str:
        """A collection in brackets, perhaps over several lines."""
        opening, closing = ("{", "}") if mapping else ("[", "]")
        parts = [opening]
        keys = self._keys(4) if self.chance(0.9) else []
        for number, key in enumerate(keys):
            parts.append(self._wrap(inner))
            if mapping:
                parts.append(f'"{key}":' if self.chance(0.2) else key if self.chance(0.1) else f"{key}: ")
            if parts[-1] != key:
                parts.append(self._flow_value(depth, inner))
            parts.append(self._wrap(inner, share=0.05))
            if number < len(keys) - 1 or self.chance(0.1):
                parts.append("," + self.random.choice(("", " ", "  ")))
        return "".join(parts) + self._wrap(inner) + closing

    def _flow_value(self, depth: int, inner: int) -> str:
        if depth > 0 and self.chance(0.2):
            return self._flow(depth - 1, mapping=self.chance(0.5), inner=inner)
        return self.random.choice(
            ("x", "12", '"a, b"', "'}'", "a long value of several words", "https://x.example.com")
        )

    def _wrap(self, inner: int, *, share: float = 0.15) -> str:
        """Nothing, or a new line, perhaps with a comment before it."""
        if not self.chance(share):
            return ""
        return self._beside(0.4) + "\n" + self._own(inner) + " " * (inner + 1)

    def _own(self, inner: int) -> str:
        return " " * (inner + 1) + self._comment() + "\n" if self.chance(0.3) else ""

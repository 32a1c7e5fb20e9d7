"""Readers of drawn graphs: the grammar of DOT as Graphviz documents it, and the lines of Mermaid that are used."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(r'\s+|(?P<string>"(?:[^"\\\n]|\\[^\n])*")|(?P<word>[A-Za-z_]\w*)|(?P<sign>->|[{}\[\]=,;])')
_NODE = re.compile(r'(?P<id>n\d+)\["(?P<text>[^"]*)"\](?P<elsewhere>:::elsewhere)?')
_BOX = re.compile(r'subgraph t\d+\["(?P<text>[^"]*)"\]')
_EDGE = re.compile(r'(?P<tail>n\d+) -->\|"(?P<text>[^"]*)"\| (?P<head>n\d+)')
_CODE = re.compile(r"#(\d+);")


@dataclass
class Drawing:
    """What a reader finds: labels of nodes by id, boxes with the ids in them, edges as tail, label, head."""

    nodes: dict[str, str] = field(default_factory=dict)
    dashed: set[str] = field(default_factory=set)
    boxes: dict[str, list[str]] = field(default_factory=dict)
    edges: list[tuple[str, str, str]] = field(default_factory=list)


def shown(text: str) -> str:
    """What a label of DOT shows: escapes and entities undone."""
    return re.sub(r"\\(.)", r"\1", text).replace("&amp;", "&")


class _Dot:
    """One graph. A name is kept as Graphviz keeps it: ``\\"`` is a quote, any other backslash stays."""

    def __init__(self, text: str) -> None:
        self.found = Drawing()
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(text):
            match = _TOKEN.match(text, place)
            assert match, text[place : place + 40]
            if match.lastgroup:
                self.tokens.append((match.lastgroup, match[0]))
            place = match.end()
        self.at = 0

    def next(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, *wanted: str) -> str:
        sort, text = self.next()
        assert text in wanted or sort in wanted, (sort, text, wanted)
        self.at += 1
        return text[1:-1].replace('\\"', '"') if sort == "string" else text

    def graph(self) -> Drawing:
        self.take("digraph")
        self.take("word")
        self.statements("")
        self.take("end")
        return self.found

    def statements(self, box: str) -> None:
        self.take("{")
        while self.next()[1] != "}":
            self.statement(box)
        self.take("}")

    def statement(self, box: str) -> None:
        if self.next()[1] == "subgraph":
            self.take("subgraph")
            inner = self.take("string")
            assert inner.startswith("cluster_")
            self.found.boxes[inner] = []
            self.statements(inner)
            return
        keyword = self.next() == ("word", "node")
        name = self.take("string", "word")
        if self.next()[1] == "=":
            self.take("=")
            self.take("string", "word")
            return
        if self.next()[1] == "->":
            self.take("->")
            head = self.take("string")
            self.found.edges.append((name, shown(self.attributes()["label"]), head))
            return
        facts = self.attributes()
        if not keyword:
            assert name not in self.found.nodes
            self.found.nodes[name] = shown(facts.get("label", name))
            self.found.dashed |= {name} if facts.get("style") == "dashed" else set()
            if box:
                self.found.boxes[box].append(name)

    def attributes(self) -> dict[str, str]:
        facts: dict[str, str] = {}
        if self.next()[1] != "[":
            return facts
        self.take("[")
        while self.next()[1] != "]":
            key = self.take("word")
            self.take("=")
            facts[key] = self.take("string", "word")
            if self.next()[1] == ",":
                self.take(",")
        self.take("]")
        return facts


def read_dot(text: str) -> Drawing:
    """A text in DOT."""
    return _Dot(text).graph()


def read_mermaid(text: str) -> Drawing:
    """A flowchart of Mermaid, line by line; between quotes stands nothing but letters, digits and codes."""

    def plain(label: str) -> str:
        left = _CODE.sub("", label)
        assert all(one.isalnum() or one in " /-.()[]" for one in left), label
        return _CODE.sub(lambda code: chr(int(code[1])), label)

    found = Drawing()
    head, *lines = text.splitlines()
    assert head == "flowchart RL"
    box = ""
    for line in map(str.strip, lines):
        if match := _NODE.fullmatch(line):
            found.nodes[match["id"]] = plain(match["text"])
            found.dashed |= {match["id"]} if match["elsewhere"] else set()
            if box:
                found.boxes[box].append(match["id"])
        elif match := _BOX.fullmatch(line):
            box = plain(match["text"])
            found.boxes[box] = []
        elif match := _EDGE.fullmatch(line):
            found.edges.append((match["tail"], plain(match["text"]), match["head"]))
        elif line == "end":
            box = ""
        else:
            assert line == "classDef elsewhere stroke-dasharray: 4 4", line
    return found

"""Hostile: input that was written to hurt, as files and as folders.

Each is named and refused with a diagnostic within seconds and bounded memory, whatever it is.
"""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

HEAD = b"apiVersion: reconciler/v1\nkind: Bundle\nmetadata: {name: x}\nspec:\n"
_NAME = b"  displayName: "
_TOP = b"apiVersion: reconciler/v1\nkind: Bundle\nmetadata:\n  name: x\n"


def contents(seed: int) -> Iterator[tuple[str, bytes]]:
    """Files, by what is wrong with them."""
    yield from _deep()
    yield from _wide()
    yield from _lines()
    yield from _keys()
    yield from _encodings()
    chance = random.Random(seed)  # noqa: S311 - the same files in every run
    for place in range(60):
        yield f"noise {place}", HEAD + bytes(chance.randrange(256) for _ in range(chance.randrange(1, 2_000)))
    starters = "&*!%@`\"'[]{}|>?:,-#<=\t~\\\x00\x1b\x7f\x85\ufeff\u2028\u202e\u200b"
    parts = [*starters, "a", " ", "\n", ": ", "\r"]
    for place in range(120):
        text = "".join(chance.choice(parts) for _ in range(chance.randrange(1, 3_000)))
        yield f"punctuation {place}", HEAD + _NAME + text.encode()


def _deep() -> Iterator[tuple[str, bytes]]:
    for depth in (33, 100, 1_000, 10_000, 100_000, 200_000):
        yield f"nested list {depth}", HEAD + _NAME + b"[" * depth + b"]" * depth + b"\n"
        yield f"nested mapping {depth}", HEAD + _NAME + b"{a: " * depth + b"}" * depth + b"\n"
        yield f"unclosed list {depth}", HEAD + _NAME + b"[" * depth + b"\n"
        yield f"unclosed mapping {depth}", HEAD + _NAME + b"{" * depth + b"\n"
        yield f"mappings in lists {depth}", HEAD + _NAME + b"[{a: " * depth + b"\n"
        yield f"dashes {depth}", HEAD + _NAME + b"\n    " + b"- " * depth + b"\n"
        yield f"question marks {depth}", HEAD + _NAME + b"\n    " + b"? " * depth + b"\n"
        yield f"mixed dashes {depth}", HEAD + _NAME + b"\n    " + b"- ? " * depth + b"x\n"
        yield f"closing brackets {depth}", HEAD + _NAME + b"]" * depth + b"\n"
        yield f"colons {depth}", HEAD + _NAME + b"\n    " + b": " * depth + b"\n"
    yield "block mappings", HEAD + b"".join(b" " * (2 + place) + b"a:\n" for place in range(1_300))
    yield "block lists", HEAD + b"".join(b" " * (2 + place) + b"-\n" for place in range(1_300))


def _wide() -> Iterator[tuple[str, bytes]]:
    bomb = b"a: &a [x, x, x, x, x, x, x, x, x]\n"
    for place in range(9):
        bomb += b"%c: &%c [%s]\n" % (98 + place, 98 + place, b", ".join([b"*%c" % (97 + place)] * 9))
    yield "alias bomb", bomb
    yield "merge bomb", b"a: &a {x: 1}\n" + b"".join(b"b%d:\n  <<: *a\n" % place for place in range(30_000))
    yield "anchors", b"a: " + b"&a " * 100_000
    yield "tags", b"a: " + b"!!str " * 100_000
    yield "many keys", HEAD + b"".join(b"  k%d: x\n" % place for place in range(100_000))
    yield "many keys on a line", HEAD + _NAME + b"{" + b", ".join(b"k%d: x" % place for place in range(80_000)) + b"}\n"
    yield "the same key", HEAD + b"  displayName: x\n" * 60_000
    yield "the same key on a line", HEAD + _NAME + b"{" + b"a: x, " * 100_000 + b"}\n"
    yield "many entries", HEAD + b"  displayName: [" + b"x," * 500_000 + b"]\n"
    yield "many entries in a block", HEAD + b"  displayName:\n" + b"    - 1\n" * 100_000
    yield "many documents", b"---\na: b\n" * 50_000
    yield "ten thousand documents", b"---\na: b\n" * 10_000
    yield "many openings", b"---\n" * 250_000
    yield "many endings", b"...\n" * 250_000
    yield "many broken documents", b"--- [\n" * 100_000
    yield "many comments", HEAD + b"# x\n" * 250_000 + b"  zoo: 1\n"
    yield "a long comment", HEAD + b"# " + b"x" * 1_000_000
    yield "a long line", HEAD + _NAME + b"x" * 3_000_000 + b"\n"
    yield "a long text in place of a number", HEAD + b"  sortOrder: " + b"x" * 1_000_000 + b"\n"
    yield "a long key", HEAD + b"  " + b"k" * 200_000 + b": x\n"
    yield "a long key with a mark", HEAD + b"  ? " + b"k" * 900_000 + b"\n  : x\n"
    yield "a long kind", HEAD.replace(b"Bundle", b"B" * 900_000)
    yield "a long name", HEAD.replace(b"name: x", b"name: " + b"x" * 900_000)
    yield "fifty megabytes", HEAD + b"#" * 50_000_000
    yield "quotes", HEAD + _NAME + b"''" * 400_000 + b"x\n"
    yield "escapes", HEAD + _NAME + b'"' + b"\\u0000" * 100_000 + b'"\n'
    yield "tabs", HEAD + _NAME + b"{\n" + b"\ta: b,\n" * 100_000 + b"}\n"
    yield "blank lines", b"\n" * 1_000_000 + b"x"
    yield "spaces", b" " * 1_000_000 + b"x"
    yield "carriage returns", b"\r" * 1_000_000
    yield "zeros", b"\0" * 1_000_000
    yield "braces in a text", HEAD + _NAME + b"'" + b"{{" * 400_000 + b"'\n"
    yield "letters with marks", HEAD + _NAME + b"a" + "\u0301".encode() * 400_000 + b"\n"


def _lines() -> Iterator[tuple[str, bytes]]:
    for line in (
        b"&a x",
        b"*a",
        b"!!str x",
        b"!x y",
        b"!!python/object/apply:os.system [id]",
        b"!!binary aGk=",
        b"!!set {a, b}",
        b"!<tag:yaml.org,2002:str> x",
        b"&a [*a]",
        b"x\x00y",
        b"\xff\xfe",
        b"\x1b[31mx",
        b"\xed\xa0\x80",
        b"\xc0\x80",
        b"\xf4\x90\x80\x80",
        "\u202ex".encode(),
        "x\u200by".encode(),
        "\ufeffx".encode(),
        "\u2028".encode(),
        b'"x',
        b"'x",
        b'"\\x"',
        b'"\\ud800"',
        b'"\\U00110000"',
        b'"\\0"',
        b'"\\u202e"',
        b"@x",
        b"`x",
        b"%x",
        b"[x",
        b"{x",
        b"x]: }",
        b"x: y: z",
        b"- x",
        b"|9\n x",
        b">0\n x",
        b"|x",
        b"|\n\t\tx",
        b"9" * 5_000,
        b"1e999999",
        b"-1e999999",
        b".inf",
        b"-.inf",
        b".nan",
        b"0x" + b"f" * 5_000,
        b"0o" + b"7" * 5_000,
        b"1" * 40,
        b"-" + b"1" * 41,
        b"010",
        b"1_000",
        b"0b1",
        b"1:30:00",
        b"2026-01-01",
        b"null",
        b"~",
        b"true",
        b"yes",
        b"[]",
        b"{}",
        b"[[x]]",
        b"{x: y}",
        b"0.1",
    ):
        # The name of a bundle is text; what is text in YAML too is made wrong by a neighbour.
        yield f"value {line[:20]!r}", HEAD + _NAME + line + b"\n  zoo: 1\n"


def _keys() -> Iterator[tuple[str, bytes]]:
    for number, line in enumerate(
        (
            b"<<: {a: b}",
            b"<<: [{a: b}]",
            b'"<<": x',
            b"[a, b]: c",
            b"{a: b}: c",
            b"? [a]\n  : b",
            b"? |\n    a\n  : b",
            b"? >-\n    a\n  : b",
            b"? a\n  ? b",
            b": x",
            b"? ",
            b'"a\n    b": c',
            b"'a\n    b': c",
            b"1: x",
            b"1.5: x",
            b"null: x",
            b"~: x",
            b"true: x",
            b"2026-01-01: x",
            b"'': x",
            b'"": x',
            b'" displayName": x',
            b'"displayName ": x',
            b'"displayNam\\u0065": x\n  displayName: y',
            b"displayName: x\n  'displayName': y",
            b'displayName: x\n  "displayName": y',
            b"displayName: x\n  ? displayName\n  : y",
            b'"d\\x69splayName": x\n  "displayName": y',
            "displayN\u0430me: x".encode(),
            "display\u00adName: x".encode(),
            "displayName\u200b: x".encode(),
            "\U0001f600: x".encode(),
            "\uff44isplayName: x".encode(),
            b"&a displayName: x",
            b"!!str displayName: x",
            b"*a : x",
            b"__proto__: x",
            b"__class__: x",
            b"model_config: x",
            b"display_name: x",
            b"displayName:x",
            b"displayName : x\n  displayname: y",
            b"\tdisplayName: x",
            b"  displayName: x",
            b" displayName: x",
            b"a.b: x",
            b"a[0]: x",
            b"'[0]': x",
            b"'spec': x",
            b"apiVersion: x",
            b'"\\n": x',
            b'"\\e[31m": x',
            b"...: x",
            b"---: x",
        )
    ):
        yield f"key {number} {line[:24]!r}", HEAD + b"  " + line + b"\n  zoo: 1\n"
    for number, line in enumerate(
        (
            b"metadata: x",
            b"metadata: [x]",
            b"metadata:",
            b"spec: x",
            b"spec: []",
            b"spec: 1",
            b"spec: |\n  displayName: x",
            b"kind: [Bundle]",
            b"kind: 1",
            b"kind:",
            b"kind: bundle",
            b"kind: {Bundle: x}",
            b"apiVersion: 1",
            b"apiVersion:",
            b"lifecycle: x",
            b"lifecycle: {protect: yes}",
            b"lifecycle: {ignoreChanges: {}}",
            b"status: {}",
            b"name: x",
            b"metadata: {name: x, labels: [a]}",
            b"metadata: {name: x, labels: {1: a}}",
            b"metadata: {name: [x]}",
            b"metadata: {name: 1}",
            b"metadata: {name: x, annotations: {a: {b: c}}}",
            b"metadata: {name: ../x}",
        )
    ):
        yield f"envelope {number} {line[:24]!r}", _TOP + b"spec: {}\n---\n" + line + b"\n"
    for line in (b"%YAML 1.1\n---\n", b"%TAG ! tag:x,2026:\n---\n", b"%FOO\n---\n", b"%YAML 9.9\n---\n", b"%\n---\n"):
        yield f"directive {line[:12]!r}", line + HEAD + b"  zoo: 1\n"
        yield f"directive {line[:12]!r} in the middle", HEAD + b"  zoo: 1\n" + line + HEAD


def _encodings() -> Iterator[tuple[str, bytes]]:
    text = (HEAD + b"  zoo: x\n").decode()
    yield "byte order mark", b"\xef\xbb\xbf" + HEAD
    for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "utf-7", "cp037"):
        yield name, (text + "# é" if name in ("utf-7", "cp037") else text).encode(name)
    yield "latin-1", (text + "# é\n").encode("latin-1")
    yield "carriage returns alone", text.replace("\n", "\r").encode()
    yield "CRLF", text.replace("\n", "\r\n").encode()
    yield "mixed line ends", text.replace("\n", "\r\n", 2).encode()
    yield "form feeds", text.replace("\n", "\n\f").encode()
    yield "next lines", text.replace("\n", "\x85").encode()
    yield "root list", b"- a\n- b\n"
    yield "root text", b"hello\n"
    yield "root number", b"1\n"
    yield "a program", b"\x7fELF" + bytes(range(256)) * 100
    yield "a gzip file", b"\x1f\x8b\x08\x00" + bytes(range(256))
    yield "a git pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    yield "a conflict", HEAD + b"<<<<<<< HEAD\n  displayName: x\n=======\n  displayName: y\n>>>>>>> other\n"
    yield "a template", HEAD + b"  displayName: {{ .Values.name }}\n  {{- if .x }}\n"
    yield "JSON", b'{"apiVersion": "reconciler/v1", "kind": "Bundle", "zoo": 1, "zoo": 2}\n'


def folders() -> dict[str, Callable[[Path], None]]:
    """What makes a hostile folder of an empty one, by name. Every one of them is refused."""
    return {
        "link to a file outside": lambda at: (at / "a.yaml").symlink_to("/etc/hostname"),
        "link to a folder outside": lambda at: (at / "a").symlink_to("/etc"),
        "link to itself": lambda at: (at / "a.yaml").symlink_to("a.yaml"),
        "link to the folder above": lambda at: (at / "a").symlink_to(".."),
        "link to a file inside": _link_inside,
        "link to nothing": lambda at: (at / "a.yaml").symlink_to("nothing"),
        "link to a device": lambda at: (at / "a.yaml").symlink_to("/dev/zero"),
        "link to standard input": lambda at: (at / "a.yaml").symlink_to("/proc/self/fd/0"),
        "pipe": lambda at: os.mkfifo(at / "a.yaml"),
        "socket": _socket,
        "folder that is named like a file, with a pipe": _pipe_below,
        "line end in a name": lambda at: _write(at / "a\nb.yaml"),
        "escape code in a name": lambda at: _write(at / "a\x1b[31mb.yaml"),
        "name in another encoding": lambda at: _write(os.fsencode(at) + b"/\xff\xfe.yaml"),
        "folder name in another encoding": _odd_folder,
        "name that turns direction": lambda at: _write(at / "a\u202elmay.yaml"),
        "too deep": _deep_folders,
        "workflow command in a name": lambda at: _write(at / "::error::x.yaml", HEAD + b"  zoo: 1\n"),
    }


def _write(path: Path | bytes, data: bytes = HEAD) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    os.write(descriptor, data)
    os.close(descriptor)


def _link_inside(at: Path) -> None:
    _write(at / "b.yaml", HEAD + b"  displayName: x\n")
    (at / "a.yaml").symlink_to("b.yaml")


def _socket(at: Path) -> None:
    before = Path.cwd()
    os.chdir(at)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind("a.yaml")
    finally:
        os.chdir(before)


def _pipe_below(at: Path) -> None:
    (at / "b.yaml").mkdir()
    os.mkfifo(at / "b.yaml" / "c.yml")


def _odd_folder(at: Path) -> None:
    folder = os.fsencode(at) + b"/\xff"
    os.mkdir(folder)  # noqa: PTH102 - a name in bytes
    _write(folder + b"/a.yaml")


def _deep_folders(at: Path) -> None:
    here = at
    for _ in range(200):
        here /= "d"
        here.mkdir()
    _write(here / "a.yaml")

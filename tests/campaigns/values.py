"""Random values out of schemas: at the bounds, by default, awkward to write, null where a key may be left out.

What a schema cannot show, because rules tie fields together, is none of its business: worlds mend that.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

Node = Mapping[str, Any]
NOTHING: Any = object()
"""A key that is left out."""

PEM = "-----BEGIN {0}-----\nMIIB\n-----END {0}-----\n"
SECRETS = {
    "WORLD_SECRET_A": "Correct-Horse-4711",
    "WORLD_SECRET_B": "Batterie-Agrafe-é-0815",
    "WORLD_SECRET_KEY": PEM.format("PRIVATE KEY"),
}
"""The variables from which secrets come."""
ATTACHMENTS: Mapping[str, bytes] = {
    "style.css": b"body { color: #123456 }\n",
    "other.css": "p::after { content: 'é' }\r\n".encode(),
    "mail.html": "<p>Olá {{company.name}}</p>\n".encode(),
    "logo.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>\n',
    "logo.png": bytes(range(256)),
    "host.pem": PEM.format("CERTIFICATE").encode(),
}
"""The files that manifests name, by name."""
_MEDIA = {
    "css": "text/css",
    "html": "text/html",
    "svg": "image/svg+xml",
    "png": "image/png",
    "pem": "application/x-pem-file",
}

_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "jetty", "kelp", "larch")
_AWKWARD = (
    *("Évora", "東京", "🌍 ok", "ß", "ﬁn", "İ", "e\u0301", "\u05d0\u05d1", "a\u00a0b", "ªº"),
    *("no", "~", "null", "true", "1", "010", "0x1f", "1e3", ".5", "-", "2026-06-15", "12:30", "=", "<<", "*a", "&a"),
    *(
        "# no comment",
        "a #b",
        "a: b",
        "a:",
        "- a",
        "{a}",
        "[a]",
        "'",
        '"',
        "\\",
        "a\\nb",
        "'a'",
        '"a"',
        "%",
        "@a",
        "`a`",
    ),
    *(
        "x\ty",
        "x\ny",
        "x\n\ny",
        "x\n",
        "\nx",
        "x\r\ny",
        " x",
        "x ",
        "  ",
        "|",
        ">",
        "!",
        "!!str",
        "?",
        ",",
        "---",
        "...",
    ),
    *("{{x}}", "${X}", "%s", "<b>", "';--", "\ufffd", "x" * 90 + " " + "y" * 20),
)
UNSAYABLE = ("a\u200db", "x\u2028y", "x\u0085y", "\x7f", "\ufeffx", "\u202ex", "a\x01")
"""Texts that no manifest holds, and that other programs write all the same."""
_ZONES = ("UTC", "Europe/Lisbon", "America/Argentina/Buenos_Aires", "Asia/Kathmandu")
_TAGS = ("pt-PT", "en", "es-ES", "PT-pt", "EN")
_ADDRESSES = ("198.51.100.20", "203.0.113.0/24", "198.51.100.7/255.255.255.255", "192.0.2.1", " 192.0.2.9 ")


def value_of(chance: random.Random, node: Node, defs: Node, *, name: str = "") -> Any:
    """A value for a node of a schema; ``name`` is the key under which it stands. :data:`NOTHING` leaves the key out."""
    if "$ref" in node:
        return value_of(chance, defs[node["$ref"].rpartition("/")[2]], defs, name=name)
    if node.get("x-name") == "secretSource" or _is_secret(node):
        return secret(chance, name)
    if "default" in node and chance.random() < 0.15:
        return node["default"]
    if "enum" in node:
        return chance.choice(node["enum"])
    for word in ("anyOf", "oneOf"):
        if word in node and not any("pattern" in one for one in node[word]):
            return value_of(chance, chance.choice(node[word]), defs, name=name)
    sorts = node.get("type", "string")
    sort = chance.choice(sorts) if isinstance(sorts, list) and chance.random() < 0.3 else _main(sorts)
    return _MAKERS[sort](chance, node, defs, name)


def secret(chance: random.Random, name: str) -> dict[str, Any]:
    """The source of a secret: a variable, with a version or without, or one that is made at the apply."""
    found: dict[str, Any] = {
        "fromEnv": "WORLD_SECRET_KEY" if name == "privateKey" else chance.choice(list(SECRETS)[:2])
    }
    if chance.random() < 0.7:
        found["version"] = chance.choice(("1", "2", "é", "010"))
    return found


def phrase(chance: random.Random, low: int, high: int) -> str:
    """A text of ``low`` to ``high`` characters."""
    draw = chance.random()
    if draw < 0.45:
        text = chance.choice(_AWKWARD)
    elif draw < 0.55:
        text = "é" * high if high <= 255 else "x y" * (high // 3)
    elif draw < 0.6:
        text = "z" * max(low, 1)
    else:
        text = f"{chance.choice(_WORDS).title()} {chance.choice(_WORDS)} {chance.randint(1, 999)}"
    return (text + chance.choice(_WORDS) * (low // 4 + 1))[:high] if len(text) < low else text[:high]


def tax_number(serial: int) -> str:
    """The ``serial``-th Portuguese tax number of a company, with its check digit."""
    digits = f"5{serial:07}"
    remainder = sum(weight * int(digit) for weight, digit in zip(range(9, 1, -1), digits, strict=True)) % 11
    return digits + str(0 if remainder < 2 else 11 - remainder)


def _is_secret(node: Node) -> bool:
    return any("fromEnv" in one.get("properties", {}) for one in node.get("oneOf", ()))


def _main(sorts: Any) -> str:
    return sorts if isinstance(sorts, str) else str(sorts[0])


def _null(_chance: random.Random, _node: Node, _defs: Node, _name: str) -> Any:
    return None


def _boolean(chance: random.Random, _node: Node, _defs: Node, _name: str) -> Any:
    return chance.random() < 0.5


def _integer(chance: random.Random, node: Node, _defs: Node, name: str) -> Any:
    if name == "httpPorts":  # what a free certificate needs
        return chance.choice((80, 443, 8080, 65535))
    low, high = node.get("minimum", 0), node.get("maximum", 1000)
    return chance.choice((low, high, min(low + 1, high), chance.randint(low, high)))


def _array(chance: random.Random, node: Node, defs: Node, name: str) -> Any:
    wanted = max(node.get("minItems", 0), chance.choice((0, 1, 1, 2, 3, 5)))
    found: list[Any] = []
    for _ in range(min(wanted, node.get("maxItems", wanted))):
        one = value_of(chance, node["items"], defs, name=name)
        if one is not None and one is not NOTHING and one not in found:
            found.append(one)
    return found


def _object(chance: random.Random, node: Node, defs: Node, _name: str) -> Any:
    if "properties" not in node:
        return {key: value for key, value in _pairs(chance) if len(key) <= 63}
    if "fromFile" in node["properties"]:
        return _attachment(chance, node["properties"])
    eager = chance.choice((0.1, 0.4, 0.8))
    found = {}
    for key, inner in node["properties"].items():
        if key in node.get("required", ()) or chance.random() < eager:
            value = value_of(chance, inner, defs, name=key)
            if value is not NOTHING and not (value is None and key in node.get("required", ())):
                found[key] = value
    return found


def _attachment(chance: random.Random, properties: Node) -> Any:
    """The source of a file that fits one of the media types."""
    media = [one for one in properties.get("mediaType", {}).get("enum", ()) if one]
    name = chance.choice([one for one in ATTACHMENTS if not media or _MEDIA[one.rpartition(".")[2]] in media])
    found = {"fromFile": name}
    if chance.random() < 0.3:
        found["mediaType"] = _MEDIA[name.rpartition(".")[2]]
    return found


def _pairs(chance: random.Random) -> list[tuple[str, Any]]:
    keys = chance.sample(("a", "team", "cost-centre", "example.com/x", "0"), chance.randint(0, 3))
    return [(key, chance.choice(("", "x", phrase(chance, 0, 60)))) for key in keys]


def _string(chance: random.Random, node: Node, _defs: Node, name: str) -> Any:
    if maker := _BY_NAME.get(name):
        return maker(chance)
    if maker := _BY_FORMAT.get(node.get("format", "")):
        return maker(chance)
    pattern = node.get("pattern", "".join(one.get("pattern", "") for one in node.get("anyOf", ())))
    if pattern and (maker := next((make for part, make in _BY_PATTERN if part in pattern), None)):
        return maker(chance)
    text = phrase(chance, node.get("minLength", 0), node.get("maxLength", 300))
    return text if not pattern else "".join(text.split())[: node.get("maxLength", 300)] or "abc"


def name_of(chance: random.Random) -> str:
    """A name of a resource, some of them at their bounds."""
    word = f"{chance.choice(_WORDS)}-{chance.randint(0, 99)}"
    return chance.choice((word, word, word, word.replace("-", "."), f"{chance.randint(0, 9)}", "n" * 60 + word[-3:]))


def mail(chance: random.Random) -> str:
    """An address of mail."""
    name = chance.choice(("office", "O'Brien", "a+b", "x" * 60, "Ana.Moura", "no"))
    return f"{name}{chance.randint(0, 9999)}@{chance.choice(('', 'Mail.'))}{chance.choice(_WORDS)}.example.com"


def host(chance: random.Random) -> str:
    """A host name."""
    label = chance.choice(("www", "a", "*", "xn--bcher-kva"))
    return f"{label}.{chance.choice(_WORDS)}{chance.randint(0, 999)}.example.com"


def _url(chance: random.Random) -> str:
    return f"https://{chance.choice(_WORDS)}.example.com{chance.choice(('', '/', '/v1?x=%20é', ':8443/a'))}"


def _guid(chance: random.Random) -> str:
    text = f"{chance.getrandbits(128):032x}"
    text = f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    return chance.choice((text, text.upper()))


def _scan(chance: random.Random) -> str:
    return chance.choice((chance.choice(_ADDRESSES), f"10.{chance.randint(0, 255)}.0.0/16", "2001:db8::1"))


def _plain_host(chance: random.Random) -> str:
    return chance.choice((host(chance).replace("*", "b"), "198.51.100.9", "2001:DB8::7"))


_BY_NAME: dict[str, Callable[[random.Random], Any]] = {
    "vatNumber": lambda chance: tax_number(chance.randint(1, 9_999_998)),
    "country": lambda chance: chance.choice(("PRT", "PRT", "ESP", "FRA")),
    "address": lambda chance: chance.choice((_plain_host(chance), mail(chance))),
}
_BY_FORMAT: dict[str, Callable[[random.Random], Any]] = {
    "email": mail,
    "hostname": lambda chance: host(chance).replace("*", "b"),
    "uri": _url,
    "date": lambda chance: chance.choice(("2026-12-31", "2027-01-01", "2028-02-29")),
    "date-time": lambda chance: chance.choice(
        ("2026-06-14T10:00:00Z", "2026-06-14t10:00:00+01:00", "2026-06-01T00:00:00-05:00")
    ),
}
_BY_PATTERN: tuple[tuple[str, Callable[[random.Random], Any]], ...] = (
    ("[0-9a-fA-F]{8}(?:-", lambda chance: chance.choice((_guid(chance), _guid(chance), "farol.example.com"))),
    (r"(?:\*\.)?", host),
    ("(?:/[0-9.]{1,15})?", _scan),
    ("25[0-5]", _plain_host),
    ("Etc/", lambda chance: chance.choice(_ZONES)),
    ("[A-Za-z]{1,4}(?:-", lambda chance: chance.choice(_TAGS)),
    (r"\+[1-9]", lambda chance: f"+3512{chance.randint(0, 10**8):08}"),
    ("[Yy][Yy]", lambda chance: chance.choice(("yyyy-mm-dd", "DD/MM/YYYY", "d.mm.yy"))),
    ("[Hh][Hh]24", lambda chance: chance.choice(("hh24:mi", "HH12:MI am/pm", "hh24:mi:ss"))),
    ("{2,63}$", lambda chance: f"{chance.choice(_WORDS)}_{chance.randint(0, 9999)}"),
    ("[a-z0-9-]{0,63}", lambda chance: chance.choice(("retail", "0", "z" * 64))),
    ("[0-9A-Za-z]{2,14}", lambda chance: chance.choice(("1E", "00", "A" * 14, "123456789"))),
    ("[a-z0-9.-]{0,61}", name_of),
)
_MAKERS: dict[str, Callable[[random.Random, Node, Node, str], Any]] = {
    "null": _null,
    "boolean": _boolean,
    "integer": _integer,
    "array": _array,
    "object": _object,
    "string": _string,
}

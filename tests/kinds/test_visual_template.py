"""VisualTemplate: what templates may hold, and the readers that find what they may not."""

from __future__ import annotations

import pytest

from reconciler.kinds.visual_template import EVENTS, KIND
from reconciler.model.kind import Level
from reconciler.model.markup import css_problems, is_remote, markup_problems
from tests.effort import effort
from tests.kinds.worlds import resource

HARMLESS_CSS = [
    "a { background: url(logo.png) }",
    "a { background: url('data:image/png;base64,AA==') }",
    "/* @import url(https://cdn.example.com) */ a {}",
    'a { content: "@import url(https://cdn.example.com)" }',
    '@charset "utf-8"; @media print { a { color: red } }',
    "a { fill: url(#shade) }",
]
HARMFUL_CSS = [
    "@import 'theme.css';",
    "@IMPORT url(theme.css);",
    "@\\69 mport 'theme.css';",
    "a { background: url(https://cdn.example.com/a.png) }",
    "a { background: url( 'https://cdn.example.com/a.png' ) }",
    "a { background: URL(//cdn.example.com/a.png) }",
    "a { background: u\\72l(https://cdn.example.com/a.png) }",
    "a { background: url(http\\3a//cdn.example.com/a.png) }",
    "a { background: url('ht\\\ntp://cdn.example.com/a.png') }",
    "a { background: url(/\\\\cdn.example.com/a.png) }",
    'a { content: "/*" } b { background: url(https://cdn.example.com) } c { content: "*/" }',
    "a { background: image-set('https://cdn.example.com/a.png' 1x) }",
]
HARMLESS_MARKUP = [
    "<p>Scripts and onclick are words, and so is 1 < 2.</p>",
    '<a href="https://www.example.com">a link is no source</a>',
    '<a href="{{document.link}}">open</a>',
    '<img src="cid:logo" alt="onerror=1">',
    '<img src="data:image/png;base64,AA==">',
    '<svg><use href="#dot"/><rect fill="url(#shade)"/></svg>',
    "<!-- a remark -->",
    '<p style="color: red">Hello</p>',
]
HARMFUL_MARKUP = [
    "<script>go()</script>",
    "<ScRiPt src=a.js>",
    '<s:script xmlns:s="http://www.w3.org/2000/svg">',
    "<!--><script>go()</script>-->",
    "<img src=a onerror=go()>",
    "<img src='a'onerror='go()'>",
    "<svg/onload=go()>",
    "<p onclick=go()",
    "<a href=javascript:go()>go</a>",
    '<a href=" java&#10;script:go()">go</a>',
    '<a href="data:text/html,<p>">go</a>',
    "<img src=https://cdn.example.com/a.png>",
    "<img src=//cdn.example.com/a.png src=a.png>",
    '<img srcset="a.png 1x, //cdn.example.com/a.png 2x">',
    '<img src="{{portal.link}}/a.png">',
    "<link rel=stylesheet href=https://cdn.example.com/a.css>",
    "<base href=https://cdn.example.com/>",
    "<meta http-equiv=Refresh content='0;url=https://cdn.example.com'>",
    "<style>@import 'a.css'</style>",
    "<svg><style>@&#105;mport 'a.css'</style></svg>",
    "<p style='background: url(https://cdn.example.com)'>",
    '<svg><image xlink:href="https://cdn.example.com/a.png"/></svg>',
    '<svg><set attributeName="onclick" to="go()"/></svg>',
    '<rect fill="url(https://cdn.example.com#a)"/>',
    '<iframe srcdoc="&lt;script&gt;"></iframe>',
    "<!--[if mso]><img src=https://cdn.example.com/a.png><![endif]-->",
    '<!DOCTYPE svg [<!ENTITY a "b">]><svg/>',
    '<?xml-stylesheet href="https://cdn.example.com/a.css"?><svg/>',
]


@pytest.mark.parametrize("text", HARMLESS_CSS)
def test_harmless_styles_pass(text: str) -> None:
    assert css_problems(text) == []


@pytest.mark.parametrize("text", HARMFUL_CSS)
def test_imports_and_other_hosts_are_found(text: str) -> None:
    assert css_problems(text) != []


@pytest.mark.parametrize("text", HARMLESS_MARKUP)
def test_harmless_markup_passes(text: str) -> None:
    assert markup_problems(text) == []


@pytest.mark.parametrize("text", HARMFUL_MARKUP)
def test_what_would_run_or_load_is_found(text: str) -> None:
    assert markup_problems(text) != []


def test_a_problem_is_told_once_and_shortly() -> None:
    (problem,) = markup_problems(f"<img src='https://cdn.example.com/{'a' * 500}'>" * 3)
    assert len(problem) < 120


@pytest.mark.parametrize(
    "unit", ["<!", "<!--", "</", "<a b=", "<!--<", "<![CDATA[", "<style>", "&#", "(", '"\\', "\\\n", "url("]
)
def test_no_text_keeps_the_readers_busy(unit: str) -> None:
    text = unit * (262144 // len(unit))
    assert effort(lambda: (css_problems(text), markup_problems(text)), within=2) < 2


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("a.png", False),
        ("/a.png", False),
        ("#a", False),
        ("", False),
        ("cid:logo", False),
        ("DATA:image/png;base64,AA==", False),
        ("data:text/css,a", True),
        ("https://cdn.example.com", True),
        (" h\tttps://cdn.example.com", True),
        ("//cdn.example.com", True),
        ("\\\\cdn.example.com", True),
        ("file:///etc/hosts", True),
    ],
)
def test_remote_addresses(url: str, *, expected: bool) -> None:
    assert is_remote(url) is expected


def test_every_event_has_its_placeholders() -> None:
    assert set(EVENTS) == set(KIND.by_path["event"].words)


def test_the_system_scope_stands_outside_every_tenant() -> None:
    assert KIND.level_of is not None
    one = resource("VisualTemplate", "one", scope="system", type="digital-signature", language="en", text="Signed")
    assert KIND.level_of(one.spec) is Level.PLATFORM

"""Invisible: characters that no manifest may hold, because what it says would not be what people see."""

from __future__ import annotations

import re
from typing import Any

# Zero-width, directional and formatting characters by which a line can look like another one; controls; line ends other
# than LF and CRLF; characters that are none.
INVISIBLE = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)


def visible(value: Any) -> bool:
    """Whether everything in a value can be seen: in texts, lists, and keys and values of mappings."""
    if isinstance(value, dict):
        return all(visible(one) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return all(map(visible, value))
    return not isinstance(value, str) or _invisible(value) is None


_invisible = re.compile(f"[{INVISIBLE}]").search

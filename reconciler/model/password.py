"""The password policy (USR-03): which of its parts a value fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.secret import SecretValue

SPECIAL = "!#$%&()*+,-./:;<=>?@[]^_{|}~"
"""Special characters of passwords that are made here: none that needs quoting in a shell or in YAML."""


def failing_parts(policy: Mapping[str, Any], value: SecretValue) -> list[str]:
    """The parts of a policy that a value fails, in words; none of them tells anything else about the value.

    ``policy`` has the keys of ``passwordPolicy``; a part that is missing asks for nothing. A special character is one
    that is neither a letter, nor a digit, nor white space.
    """
    text = value.reveal()
    low, high = policy.get("minLength"), policy.get("maxLength")
    parts = (
        (low is not None and len(text) < low, f"at least {low} characters (minLength)"),
        (high is not None and len(text) > high, f"at most {high} characters (maxLength)"),
        (_lacks(policy, "requireLetters", text, str.isalpha), "a letter (requireLetters)"),
        (_lacks(policy, "requireDigits", text, str.isdigit), "a digit (requireDigits)"),
        (_lacks(policy, "requireLower", text, str.islower), "a lower-case letter (requireLower)"),
        (_lacks(policy, "requireUpper", text, str.isupper), "an upper-case letter (requireUpper)"),
        (_lacks(policy, "requireSpecial", text, _special), "a special character (requireSpecial)"),
    )
    return [words for failed, words in parts if failed]


def _lacks(policy: Mapping[str, Any], part: str, text: str, test: Any) -> bool:
    return bool(policy.get(part)) and not any(test(one) for one in text)


def _special(one: str) -> bool:
    return not one.isalnum() and not one.isspace()

"""Making secrets: passwords that satisfy a policy, and tokens."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any

from reconciler.model.password import SPECIAL, failing_parts
from reconciler.model.secret import SecretValue

_LENGTH = 24
_PLAIN = "".join(one for one in string.ascii_letters + string.digits if one not in "0O1lI")
"""Letters and digits that people do not mistake for one another."""


def generate_password(policy: Mapping[str, Any]) -> SecretValue:
    """A random password that satisfies a policy, whatever the policy asks for (parts as in ``passwordPolicy``)."""
    length = max(int(policy.get("minLength", 0)), min(_LENGTH, int(policy.get("maxLength", _LENGTH))))
    while True:
        value = SecretValue("".join(secrets.choice(_PLAIN + SPECIAL) for _ in range(length)))
        if not failing_parts(policy, value):
            return value


def generate_token() -> SecretValue:
    """A token of 256 random bits, in letters that need no quoting anywhere."""
    return SecretValue(secrets.token_urlsafe(32))


def generate_value(storage: str, policy: Mapping[str, Any]) -> SecretValue:
    """A value for a field of a storage: a token for ``token``, otherwise a password."""
    return generate_token() if storage == "token" else generate_password(policy)

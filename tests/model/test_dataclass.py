"""Quick data classes do what those of the standard decorator do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from itertools import product
from typing import Any, Generic, TypeVar

import pytest

from reconciler.model.dataclass import dataclass

T = TypeVar("T")
OPTIONS = [
    dict(zip(("frozen", "slots", "eq", "unsafe_hash", "kw_only"), chosen, strict=True))
    for chosen in product((False, True), repeat=5)
    if not (chosen[3] and not chosen[2])
]


def pair(options: dict[str, bool]) -> tuple[Any, Any]:
    """The same class, made by the standard decorator and by this one."""

    def declared() -> type:
        class Lamp(Generic[T]):
            """A lamp."""

            name: str
            hours: int = 3
            colours: list[str] = field(default_factory=list)
            secret: str = field(default="x", repr=False, compare=False)
            room: str = field(default="hall", kw_only=True)
            made: str = field(init=False, repr=False)

            def __post_init__(self) -> None:
                object.__setattr__(self, "made", f"{self.name} of {self.hours}")

        return Lamp

    return dataclasses.dataclass(**options)(declared()), dataclass(**options)(declared())


def outcome(act: Any, *args: Any, **named: Any) -> tuple[Any, ...]:
    """What a call gives, or the type of what it raises."""
    try:
        return ("gives", act(*args, **named))
    except Exception as error:  # noqa: BLE001  # both have to end alike
        return ("raises", type(error))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_class_behaves_as_that_of_the_standard_decorator(options: dict[str, bool]) -> None:
    standard, quick = pair(options)
    told = []
    for cls in (standard, quick):
        one = cls(name="a")
        other = cls(name="a", secret="y")
        third = cls(name="b", hours=4, colours=["red"], room="yard")
        told.append(
            (
                one.made,
                one.colours is not other.colours,
                repr(third),
                repr(one),
                one == other,
                one == third,
                one != third,
                one == "a",
                [item.name for item in fields(cls)],
                cls.__match_args__,
                asdict(third),
                repr(replace(third, hours=5)),
                outcome(hash, replace(one, colours=())) if options["eq"] else "by identity",
                outcome(hash, one)[0],
                outcome(cls, "a", 4),
                outcome(cls)[0],
                outcome(cls, name="a", none=1)[0],
                outcome(setattr, one, "name", "z"),
                outcome(setattr, one, "none", "z")[0],
                outcome(delattr, third, "name"),
                hasattr(one, "__dict__"),
                cls.__doc__,
                cls.__qualname__,
            )
        )
    assert [str(part) for part in told[1]] == [str(part) for part in told[0]]


@dataclass(frozen=True, slots=True)
class Kept:
    """One that can be found by its name."""

    name: str
    rooms: tuple[str, ...] = ()


def test_frozen_ones_are_copied_and_kept_as_ever() -> None:
    one = Kept("a", ("hall",))
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one  # noqa: S301  # just made


def test_a_class_without_fields() -> None:
    @dataclass(frozen=True, slots=True)
    class Nothing:
        """Nothing."""

    assert Nothing() == Nothing()
    assert len({Nothing(), Nothing()}) == 1


def test_a_subclass_adds_fields_and_keeps_what_it_says_itself() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Wide(Kept):
        """With a width."""

        width: int

        def __repr__(self) -> str:
            return "wide"

    one = Wide(name="a", width=3)
    assert (one.name, one.width, repr(one)) == ("a", 3, "wide")
    assert one != Kept("a")
    with pytest.raises(FrozenInstanceError):
        one.width = 4  # type: ignore[misc]


def test_an_object_that_holds_itself_is_shown() -> None:
    @dataclass(slots=True)
    class Ring:
        """A ring."""

        inside: list[Any] = field(default_factory=list)

    one = Ring()
    one.inside.append(one)
    assert repr(one).endswith("Ring(inside=[...])")


def test_nothing_is_compiled_before_the_first_object() -> None:
    @dataclass(frozen=True)
    class Late:
        """Not made yet."""

        name: str

    before = Late.__init__
    Late("a")
    after = Late.__init__
    Late("b")
    assert before is not after is Late.__init__

"""Which ids were seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fbkit.ingest.seen import SeenIds, SeenKeys

MINUTE = 60_000_000_000


@given(st.lists(st.integers(0, 60)))
def test_seen_ids_agree_with_a_plain_set(numbers: list[int]) -> None:
    seen, plain = SeenIds(), set[int]()
    for number in numbers:
        assert seen.add(number) == (number not in plain)
        plain.add(number)
    if plain:
        missing = {n for first, last in seen.holes() for n in range(first, last + 1)}
        assert missing == set(range(min(plain), max(plain))) - plain
        assert seen.missing(0, 60) == 61 - len(plain)
        assert seen.last == max(plain)


def test_what_an_earlier_run_settled_stays_settled() -> None:
    seen = SeenIds(closed_below=100)
    assert seen.add(100)
    assert not seen.add(99)
    assert seen.add(101)


def test_given_up_holes_are_duplicates_from_then_on() -> None:
    seen = SeenIds()
    for number in (1, 5, 9):
        seen.add(number)
    seen.forget_holes()
    assert list(seen.holes()) == []
    assert not seen.add(4)


def test_keys_are_kept_ten_minutes_and_at_least_as_many_as_asked() -> None:
    seen = SeenKeys(at_least=2)
    assert seen.add("a", 0)
    assert seen.add("b", 11 * MINUTE)
    assert not seen.add("a", 11 * MINUTE), "two are kept however old"
    assert seen.add("c", 11 * MINUTE)
    assert seen.add("a", 11 * MINUTE), "the oldest of three was over age"

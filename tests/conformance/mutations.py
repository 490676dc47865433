"""Valid frames made invalid: what a venue, a proxy or an attacker may send one day."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

#: What may stand where something else was expected.
WEIRD: tuple[Any, ...] = (
    *("", "nan", "NaN", "inf", "-inf", "Infinity", "-1", "0", "-0.0", "1e400", "1e-400", "9" * 40, "0x10", "1,5", " 1"),
    *(None, True, False, -1, 0, 1e308, -1e308, 2**63, 2**64, -(2**63) - 1, 10**40),
    *([], {}, [[]], [None], {"a": None}, [["1"]]),
    *("None", "BTCUSDT", "buy", "Sell", "币安人生USDT", "\u0000", "<b>", "a" * 5000),
)


def places_of(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [place] if place else []
    if isinstance(value, dict):
        for key, one in value.items():
            found += places_of(one, (*place, key))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            found += places_of(one, (*place, at))
    return found


def _parent(value: Any, place: tuple[Any, ...]) -> Any:
    for step in place[:-1]:
        value = value[step]
    return value


def replace_at(value: Any, place: tuple[Any, ...], weird: Any) -> None:
    _parent(value, place)[place[-1]] = deepcopy(weird)  # or what is changed next would be the strange thing itself


def _delete(value: Any, place: tuple[Any, ...], _weird: Any) -> None:
    del _parent(value, place)[place[-1]]


def _double(value: Any, place: tuple[Any, ...], _weird: Any) -> None:
    parent, last = _parent(value, place), place[-1]
    if isinstance(parent, list):
        parent.append(deepcopy(parent[last]))
    else:
        parent[f"{last}2"] = deepcopy(parent[last])


def _flip(value: Any, place: tuple[Any, ...], _weird: Any) -> None:
    """Numbers become texts and texts numbers, as venues do one day without a word."""
    parent, last = _parent(value, place), place[-1]
    old = parent[last]
    if isinstance(old, str):
        try:
            parent[last] = json.loads(old)
        except ValueError:
            parent[last] = old.upper() if old.islower() else old.lower()
    elif isinstance(old, int | float):
        parent[last] = str(old)


_CHANGES: tuple[Callable[[Any, tuple[Any, ...], Any], None], ...] = (
    replace_at,
    replace_at,
    replace_at,
    _delete,
    _double,
    _flip,
)


@st.composite
def mutated(draw: st.DrawFn, frames: list[bytes]) -> bytes:
    """A frame with one to three things wrong with it, or with its bytes cut, doubled or turned."""
    payload = draw(st.sampled_from(frames))
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return payload[: draw(st.integers(0, len(payload)))]
    if kind == 1:
        at = draw(st.integers(0, len(payload) - 1))
        return payload[:at] + draw(st.binary(min_size=1, max_size=3)) + payload[at + 1 :]
    try:
        value = json.loads(payload)
    except ValueError:
        return draw(st.binary(max_size=20))
    for _ in range(draw(st.integers(1, 3))):
        places = places_of(value)
        if places:
            draw(st.sampled_from(_CHANGES))(value, draw(st.sampled_from(places)), draw(st.sampled_from(WEIRD)))
    return json.dumps(value, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")

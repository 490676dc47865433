"""The parameters of a REST request, read as the exchange reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fbkit.simulator.wires.deribit import rpc
from fbkit.simulator.wires.deribit.rpc import Refusal


class Query:
    """What was given, and which coin a name means.

    >>> query = Query({"instrument_name": "BTC-PERPETUAL", "count": "5"}, {"BTC-PERPETUAL": 0})
    >>> query.coin(), query.number("count", 10), query.number("start_seq")
    (0, 5, None)
    """

    def __init__(self, given: Mapping[str, str], index: Mapping[str, int]) -> None:
        self._given, self._index = given, index

    def coin(self) -> int:
        """The coin that ``instrument_name`` names."""
        name = self._given.get("instrument_name")
        if name is None:
            raise Refusal(rpc.INVALID_PARAMS, "instrument_name", "value required")
        if name not in self._index:
            raise Refusal(rpc.INVALID_PARAMS, "instrument_name", "wrong format")
        return self._index[name]

    def word(self, name: str, allowed: Sequence[str], default: str | None = None) -> str:
        """A word out of a list."""
        word = self._given.get(name, default)
        if word is None:
            raise Refusal(rpc.INVALID_PARAMS, name, "value required")
        if word not in allowed:
            raise Refusal(rpc.INVALID_PARAMS, name, "wrong format")
        return word

    def number(self, name: str, default: int | None = None) -> int | None:
        """A whole number, the default where it was not given."""
        text = self._given.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Refusal(rpc.INVALID_PARAMS, name, "wrong format")
        return int(text)

    def span(self) -> tuple[int, int]:
        """``start_timestamp`` and ``end_timestamp``, both inclusive, ms."""
        since, until = self.number("start_timestamp"), self.number("end_timestamp")
        if since is None or until is None:
            raise Refusal(rpc.INVALID_PARAMS, "start_timestamp", "value required")
        return since, until

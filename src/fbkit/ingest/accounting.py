"""The accounting equation: every item that came in is somewhere, per venue and channel.

``received = stored + conflated + duplicate + ignored + quarantined + dropped + in_flight`` at any instant. The last
term is counted by itself (held quotes and batches not yet acknowledged), so that the sum can disagree.
"""

from __future__ import annotations

from collections.abc import Iterator

from fbkit.model import AccountRow


class Account:
    """Items of one (venue, channel) since the run began."""

    __slots__ = (
        "channel",
        "conflated",
        "control",
        "dropped",
        "duplicate",
        "fresh",
        "heard",
        "held",
        "ignored",
        "pending",
        "quarantined",
        "received",
        "stored",
        "venue",
    )

    def __init__(self, venue: str, channel: str) -> None:
        self.venue, self.channel = venue, channel
        self.received = self.stored = self.conflated = self.duplicate = 0
        self.ignored = self.quarantined = self.dropped = self.control = 0
        self.held = 0  # quotes waiting in conflation
        self.fresh = 0  # placed since the last Beat
        self.pending = 0  # cut into a batch, on the way to an acknowledged commit
        self.heard = 0  # ts_recv of what spoke since the last Beat, 0 when nothing did

    @property
    def in_flight(self) -> int:
        """Items that are neither stored nor set aside yet."""
        return self.held + self.fresh + self.pending

    @property
    def accounted_for(self) -> int:
        """The right-hand side of the equation."""
        aside = self.conflated + self.duplicate + self.ignored + self.quarantined + self.dropped
        return self.stored + aside + self.in_flight

    def cut(self) -> int:
        """A batch takes what is fresh; returns how many items that are."""
        fresh, self.fresh = self.fresh, 0
        self.pending += fresh
        return fresh

    @property
    def balances(self) -> bool:
        """Whether the equation holds right now."""
        return self.received == self.accounted_for

    def row(self, run: int, late: int = 0) -> AccountRow:
        """The account as a row."""
        return AccountRow(
            run,
            self.venue,
            self.channel,
            received=self.received,
            stored=self.stored,
            conflated=self.conflated,
            duplicate=self.duplicate,
            ignored=self.ignored,
            quarantined=self.quarantined,
            dropped=self.dropped,
            in_flight=self.in_flight,
            late=late,
            control=self.control,
        )


class Accounts:
    """All accounts of a run.

    >>> accounts = Accounts()
    >>> account = accounts["binance", "trade"]
    >>> account.received += 1; accounts.unbalanced()
    ['binance trade: 1 received, 0 accounted for']
    >>> account.pending += 1; accounts.unbalanced()
    []
    """

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, str], Account] = {}

    def __getitem__(self, key: tuple[str, str]) -> Account:
        account = self._by_key.get(key)
        if account is None:
            account = self._by_key[key] = Account(*key)
        return account

    def __iter__(self) -> Iterator[Account]:
        # Some are opened before anything comes.
        spoken = (account for account in self._by_key.values() if account.received or account.control)
        return iter(sorted(spoken, key=lambda a: (a.venue, a.channel)))

    @property
    def received(self) -> int:
        """Items that came in, over all channels."""
        return sum(account.received for account in self._by_key.values())

    @property
    def in_flight(self) -> int:
        """Items under way, over all channels."""
        return sum(account.in_flight for account in self._by_key.values())

    def unbalanced(self) -> list[str]:
        """A sentence for each account that does not balance; empty when all do."""
        return [
            f"{a.venue} {a.channel}: {a.received} received, {a.accounted_for} accounted for"
            for a in self
            if not a.balances
        ]

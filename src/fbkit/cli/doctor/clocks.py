"""The clock of this machine beside a venue's, asked for with ``--online`` alone."""

from __future__ import annotations

from fbkit.cli.doctor.finding import Finding

GROUP = "clock"

#: A venue's Date says whole seconds, and an answer takes a while.
FAIR_S = 3.0


def clock(venue: str, ahead_s: float | None, why: str = "") -> Finding:
    """``ahead_s``: how far our clock is ahead of the venue's; ``None`` where it did not answer.

    >>> clock("binance", -9.0).state, clock("binance", 0.4).state
    ('warning', 'ok')
    """
    if ahead_s is None:
        return Finding(
            GROUP, "warning", f"{venue} did not answer ({why})", "check the network, a proxy, or the country"
        )
    if abs(ahead_s) > FAIR_S:
        way = "ahead of" if ahead_s > 0 else "behind"
        sentence = f"this machine's clock is {abs(ahead_s):,.0f} s {way} {venue}'s"
        return Finding(GROUP, "warning", sentence, "turn on time synchronisation (NTP)")
    return Finding(GROUP, "ok", f"this machine's clock agrees with {venue}'s")

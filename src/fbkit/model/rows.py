"""Rows: what is computed, or small enough to be queried by hand. In memory a missing number is NaN, in a table NULL."""

from __future__ import annotations

import msgspec

from fbkit.model.columns import METRIC_COLUMNS

NAN = float("nan")


class BarRow(msgspec.Struct, frozen=True, gc=False):
    """One closed slot ``[t0, t1)`` of an instrument: everything a metric needs (metrics reference 14).

    ``source`` is ``own`` (our trades), ``venue`` (its closed kline) or ``none``; ``coverage`` the share of the slot
    not inside a recorded gap. Columns and units: :data:`fbkit.model.columns.BAR_COLUMNS`.
    """

    instrument: str
    tf: str
    t0: int
    t1: int
    open: float = NAN
    high: float = NAN
    low: float = NAN
    close: float = NAN
    ret: float = NAN
    vol_base: float = NAN
    vol_usd: float = NAN
    n_trades: int | None = None
    buy_usd: float = NAN
    sell_usd: float = NAN
    delta: float = NAN
    cvd: float = NAN
    taker_imb: float = NAN
    ln_vol: float = NAN
    spread_bp: float = NAN
    obi_5: float = NAN
    mark: float = NAN
    index: float = NAN
    premium: float = NAN
    funding_8h: float = NAN
    funding_apr: float = NAN
    oi_base: float = NAN
    oi_usd: float = NAN
    oi_dlog: float = NAN
    ln_ls_acct_global: float = NAN
    ln_ls_acct_top: float = NAN
    ln_ls_pos_top: float = NAN
    ln_taker_ratio: float = NAN
    liq_long_usd: float = NAN
    liq_short_usd: float = NAN
    coverage: float = 0.0
    source: str = "none"
    stamp: int = 0


class MetricRow(msgspec.Struct, frozen=True, gc=False):
    """The metrics of one closed bar, aligned with :data:`fbkit.model.columns.METRIC_COLUMNS`.

    ``reasons[i]`` is ``""`` where ``values[i]`` is a number, else why it is NaN
    (``warmup zero_var gap stale unsupported``); ``n[i]`` is how many values stood behind it.
    ``unsettled`` flags recursive values (RSI, ATR) younger than ten times their length.
    """

    instrument: str
    tf: str
    t1: int
    values: tuple[float, ...]
    n: tuple[int, ...]
    reasons: tuple[str, ...]
    coverage: float
    unsettled: bool = False
    stamp: int = 0

    def value(self, column: str) -> float:
        """One column by name."""
        return self.values[METRIC_COLUMNS.index(column)]


class SummaryRow(msgspec.Struct, frozen=True, gc=False):
    """The newest state of an instrument on a timeframe, in one line: bar, loudest Z, confluence.

    ``score_long`` and ``score_short`` are the confluence of each side in [0, 1], NaN where too few inputs are there;
    ``bias`` is ``long``, ``short`` or ``none`` (``""``: no score), and ``conditions`` names those that are met, as JSON
    ``[[side, column, value, threshold], ...]``.
    """

    instrument: str
    tf: str
    t1: int
    last: float
    high: float
    low: float
    ret: float
    vol_usd: float
    delta: float
    taker_imb: float
    oi_usd: float
    oi_dlog: float
    funding_8h: float
    premium: float
    liq_long_usd: float
    liq_short_usd: float
    loudest: str
    loudest_z: float
    mean_abs_z: float
    n_z: int
    coverage: float
    source: str
    reason: str = ""
    stamp: int = 0
    score_long: float = NAN
    score_short: float = NAN
    bias: str = ""
    conditions: str = "[]"


class AlertRow(msgspec.Struct, frozen=True, gc=False):
    """A rule spoke at a bar's close: every input, the threshold, and the sentence a person reads."""

    alert_id: int
    ts: int
    instrument: str
    tf: str
    t1: int
    tier: int
    rule: str
    direction: str
    column: str
    value: float
    threshold: float
    n: int
    coverage: float
    sentence: str
    inputs: str = "{}"
    stamp: int = 0


class QuarantineRow(msgspec.Struct, frozen=True, gc=False):
    """Something that was not believed: venue, channel, why, and its first 4 KiB."""

    ts_recv: int
    venue: str
    channel: str
    instrument: str
    reason: str
    sample: bytes


class AccountRow(msgspec.Struct, frozen=True, gc=False):
    """Items of one (venue, channel) since the run began; the equation of the fault catalogue, ground rule 1."""

    run: int
    venue: str
    channel: str
    received: int = 0
    stored: int = 0
    conflated: int = 0
    duplicate: int = 0
    ignored: int = 0
    quarantined: int = 0
    dropped: int = 0
    in_flight: int = 0
    late: int = 0
    control: int = 0

    @property
    def balances(self) -> bool:
        """Whether what was received is all accounted for."""
        return self.received == (
            self.stored
            + self.conflated
            + self.duplicate
            + self.ignored
            + self.quarantined
            + self.dropped
            + self.in_flight
        )


class HealthRow(msgspec.Struct, frozen=True, gc=False):
    """State of one stream (venue, channel) at a heartbeat: ``ok degraded down``, reason code, plain sentence."""

    ts: int
    venue: str
    channel: str
    state: str
    reason: str
    sentence: str
    age_s: float | None = None


class RunRow(msgspec.Struct, frozen=True, gc=False):
    """One start of the engine: when, from which ``seq``, by which code and settings."""

    run: int
    ts_start: int
    seq_start: int
    stamp: int
    code: str
    settings: str
    python: str
    numpy: str
    pid: int
    host: str
    from_checkpoint: int = 0
    ts_stop: int | None = None


Row = BarRow | MetricRow | SummaryRow | AlertRow | QuarantineRow | AccountRow | HealthRow | RunRow

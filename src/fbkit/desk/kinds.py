"""What the desk's frames are, in words: a title, the columns a person looks at first, and how to go on from there."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd


class Kind(NamedTuple):
    """A title over ``{…}`` of a frame's ``attrs``; the columns shown where there are too many; what to type next."""

    title: str
    columns: tuple[str, ...] = ()
    then: str = ""


def _columns(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ALERTS = _columns("instrument tf tier rule direction value threshold n coverage sentence")
_BARS = _columns("instrument close ret vol_usd delta taker_imb funding_8h oi_usd coverage source")
_METRICS = _columns(
    "instrument rsi_14 atr_14 z_ret_60 z_ln_vol_60 z_taker_imb_60 z_oi_dlog_60 z_premium_60 z_obi_5_60 "
    "zr_ret_60 zr_ln_vol_60 zr_taker_imb_60 zr_oi_dlog_60 zr_premium_60 zr_obi_5_60 "
    "ze_ret_60 ze_ln_vol_60 ze_taker_imb_60 ze_oi_dlog_60 ze_premium_60 ze_obi_5_60 coverage"
)
_SCORES = _columns(
    "rule tier tf direction column instrument horizon n_alerts n hit_rate base_hit_rate "
    "excess_hit excess_hit_low excess_hit_high says"
)

KINDS: dict[str, Kind] = {
    "accounts": Kind("what became of every item received, newest run"),
    "across": Kind(
        "{coin} across its venues, {tf} bars",
        _columns(
            "oi_total_usd oi_dlog funding_oiw_8h vol_usd dispersion_bp basis_3m liq_long_usd liq_short_usd venues"
        ),
        'desk.plot(desk.across("{coin}"), "oi_total_usd")   desk.in_words(desk.across("{coin}"))',
    ),
    "alerts": Kind("alerts, oldest first", _ALERTS, "desk.scorecard()   desk.outcomes()"),
    "bars": Kind(
        "{tf} bars of {instrument}",
        _BARS,
        'fbkit.zscore(bars["ret"], window=60)   desk.plot(bars)   (bars being this frame)',
    ),
    "board": Kind(
        "{coin} at each venue, newest {tf} bar",
        _columns("venue contracts oi_usd oi_share_pct vol_24h_usd funding_apr_pct premium_bp mark_usd coverage"),
        'desk.in_words(desk.board("{coin}"))',
    ),
    "breadth": Kind("how much of the market moves at once, {tf} bars", (), 'desk.plot(desk.breadth("{tf}"))'),
    "correlation": Kind("correlation of {tf} changes between coins", (), 'desk.plot(desk.correlation("{tf}"))'),
    "curve": Kind("{coin} term structure, newest {tf} bar", (), 'desk.plot(desk.curve("{coin}"))'),
    "days": Kind(
        "rolling 24 h of {instrument}, as the venue states them", _columns("last_usd change vol_base vol_usd n_trades")
    ),
    "dispersion": Kind(
        "how far {coin} marks lie apart, {tf} bars", (), 'desk.plot(desk.dispersion("{coin}"), "dispersion_bp")'
    ),
    "funding": Kind("settled funding of {instrument}", _columns("rate funding_hours mark_usd")),
    "funding_by_venue": Kind(
        "{coin} funding by venue, {tf} bars", (), 'desk.plot(desk.funding_by_venue("{coin}"), "funding_apr")'
    ),
    "gaps": Kind(
        "periods without data",
        _columns("venue channel instrument cause phase t0 t1"),
        "desk.coverage(instrument, since='24h')",
    ),
    "health": Kind("health: the whole first, then each stream", (), "desk.status()   desk.gaps()"),
    "imported": Kind("{tf} bars of {instrument} as a file gave them, judged on their own grid"),
    "instruments": Kind(
        "instruments heard of",
        _columns("venue venue_symbol base quote settle contract_size tick step expiry status price_ratio doubts"),
        "desk.bars(name)   desk.summary('5m')   (name being one of the index)",
    ),
    "lead_lag": Kind(
        "who leads, {tf} returns", (), "desk.plot(found)   desk.in_words(found)   (found being this frame)"
    ),
    "liquidated": Kind("{coin} liquidations by venue, {tf} bars", (), 'desk.plot(desk.liquidated("{coin}"))'),
    "liquidations": Kind(
        "forced closes of {instrument}; sums are lower bounds where a venue samples",
        _columns("liquidated price_usd size_base"),
    ),
    "listings": Kind(
        "what the venue said {instrument} is",
        _columns("venue_symbol base quote settle contract_size_base tick_usd step_base expiry status"),
    ),
    "marks": Kind(
        "mark, index and predicted funding of {instrument}", _columns("mark_usd index_usd funding_rate funding_hours")
    ),
    "metrics": Kind(
        "{tf} metrics of {instrument}, as each bar closed",
        _METRICS,
        "desk.in_words(metrics)   (metrics being this frame)",
    ),
    "offers": Kind("what each venue offers of each channel"),
    "open_interest": Kind("open interest of {instrument}, one side counted", _columns("oi_base oi_usd")),
    "outcomes": Kind(
        "what followed each alert",
        _columns(
            "instrument tf tier rule direction ret_5m_frac ret_15m_frac ret_1h_frac ret_4h_frac "
            "why_5m why_15m why_1h why_4h"
        ),
        "desk.scorecard()",
    ),
    "profile": Kind(
        "USD by price, {instrument}", (), "desk.plot(found)   desk.in_words(found)   (found being this frame)"
    ),
    "quotes": Kind(
        "best bid and ask of {instrument}",
        _columns("bid_usd bid_size_base ask_usd ask_size_base levels depth_bid_base depth_ask_base"),
    ),
    "ratios": Kind("long/short ratios of {instrument}", _columns("ratio_kind value period_s")),
    "scorecard": Kind(
        "what came of alerts, against random times",
        _SCORES,
        "desk.in_words(score)   desk.plot(score)   (score being this frame)",
    ),
    "shares": Kind(
        "{coin} volume and open interest by venue, {tf} bars", (), 'desk.plot(desk.shares("{coin}"), "oi_usd")'
    ),
    "summary": Kind(
        "newest {tf} bar of each instrument",
        _columns("instrument tf last ret vol_usd loudest loudest_z mean_abs_z bias coverage"),
        "desk.in_words(summary)   desk.bars(instrument, tf)   (summary being this frame)",
    ),
    "trades": Kind(
        "trades of {instrument}; side is the taker's",
        _columns("price_usd size_base side venue_id"),
        'desk.bars("{instrument}")',
    ),
    "venue_bars": Kind(
        "the venue's own klines of {instrument}",
        _columns("tf open_usd high_usd low_usd close_usd vol_base vol_usd n_trades"),
    ),
    "zscores": Kind(
        "{tf} Z-scores of {instrument} over {window} bars before each",
        (),
        "desk.plot(z)   desk.in_words(z)   (z being this frame)",
    ),
}


class _Known(dict[Any, Any]):
    def __missing__(self, key: str) -> str:
        return "each" if key == "tf" else "…"


def named(frame: pd.DataFrame, what: str, market: str, **facts: object) -> pd.DataFrame:
    """The frame with what it is in its ``attrs``: ``what`` and ``market``, and facts such as ``tf``."""
    frame.attrs |= {"what": what, "market": market, **{name: fact for name, fact in facts.items() if fact is not None}}
    return frame


def title_of(frame: pd.DataFrame) -> str:
    """What a frame is.

    >>> title_of(named(pd.DataFrame(), "bars", "LIVE", tf="5m", instrument="okx:BTC-USDT-PERP"))
    '5m bars of okx:BTC-USDT-PERP'
    """
    return KINDS[frame.attrs["what"]].title.format_map(_Known(frame.attrs))


def then_of(frame: pd.DataFrame) -> str:
    """What to type next, empty where nothing follows."""
    return KINDS[frame.attrs["what"]].then.format_map(_Known(frame.attrs))

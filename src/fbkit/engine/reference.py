"""The reference of bars, metrics and summaries, written from the columns themselves.

``python -m fbkit.engine.reference > docs/reference/columns.md`` writes the page anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from fbkit.model import BAR_COLUMNS, METRICS, SUMMARY_COLUMNS, TIMEFRAMES, Column
from fbkit.quant.confluence import DEFAULT

_HEAD = """\
# Bars, metrics and summaries: every column

Made from `fbkit.model.columns` by `fbkit.engine.reference`; a test holds it current.

A bar `[t0, t1)` is labelled by its end `t1` (UTC ns) and closes at the first Beat a second after it. Missing is NaN
(NULL in a table), never 0. A trade belongs to `[t0, t1)`, a last value to `(t0, t1]`.
Timeframes: {timeframes}. Those above 1m are folds of 1m bars, oldest first.

## Columns of a bar

| column | unit | meaning |
|---|---|---|
{bars}
| `coverage` | share | of the slot outside gaps of trades; 1 where the venue's kline stands in; above 1m the mean |
| `source` | – | `own`: our trades. `venue`: its closed kline, where we heard too little. `none`: neither |

- A covered bar without trades: open, high, low and close are the last close, `vol_usd` is 0, `ret` is 0, `ln_vol` and
  `taker_imb` are missing. `ret` after a missing bar is missing.
- `cvd` is anchored at 00:00 UTC, and anew after a minute that is missing.
- Last values must be fresh at the close: quote, depth and mark 60 s; open interest and ratios 15 min; a settled
  funding rate its own interval.
- Funding is the predicted rate of the mark stream; where none is fresh (in history), the rate settled last.
- `oi_dlog` needs a value of open interest heard within this bar and within the one before: a history of one value in
  5 minutes has no 1m changes.
- `oi_usd` is base times mark; where no mark is fresh, what the venue stated.
- Liquidations are missing until the venue has reported a first one, then 0 where there was none. They are lower bounds
  where a venue samples them.
- Above 1m, a bar is missing (`source` none) where its coverage is below the setting; sums run over the minutes that
  are there, oldest first.

## Metrics of a bar

| column | unit | meaning |
|---|---|---|
{metrics}

sd: standard deviations of the baseline. Robust (`zr_`) and EWMA (`ze_`) Z of the same columns are computed from the
bars when asked for: `desk.metrics(coin, tf, kind="robust")`.

- A Z-score is the distance from the mean of the previous n bars, **the current one excluded**, in their standard
  deviations (ddof 1), by two-pass blocks: nothing is ever subtracted from a sum.
- `n` counts the values behind a metric. A Z exists with at least max(2, ⌈coverage · n⌉) of them, the setting being
  0.8 by default.
- After a missing close the RSI takes no change into or out of the hole, nor the ATR a range; after 14 bars without one
  they begin anew. `unsettled` flags those that have seen fewer than 140.
- Block boundaries are shifted by `crc32(instrument) mod n`, so that not all instruments rebuild at one bar.

| reason | a metric is missing because |
|---|---|
| `warmup` | its window was never yet filled |
| `zero_var` | the window is flat |
| `gap` | too much of the window is missing, or the bar itself, or the one before it |
| `stale` | nothing new: no trades in the bar, or a last value that is too old |
| `unsupported` | nobody feeds it; or no Z is defined there: `funding_8h` below 1h is piecewise constant |

The same bits come out live, in replay, and from `fbkit.quant.frames.metrics` over the stored bars.

## Columns of a summary

One row an instrument and timeframe, of its newest bar: `desk.summary("15m")`.

| column | unit | meaning |
|---|---|---|
{summary}

- Conditions of the confluence: {conditions}. Each is mirrored for the other side; one whose input is missing does not
  count, and with less than 2/3 of the weight left there is no score.
"""


def reference() -> str:
    """The page as Markdown."""
    return _HEAD.format(
        timeframes=", ".join(TIMEFRAMES),
        bars=_table(BAR_COLUMNS),
        metrics=_table(METRICS),
        summary=_table(SUMMARY_COLUMNS),
        conditions=", ".join(f"`{one.column}` ≥ {one.at_least:.4g}" for one in DEFAULT),
    )


def _table(columns: Iterable[Column]) -> str:
    return "\n".join(f"| `{c.name}` | {c.unit} | {c.meaning.replace('|', '¦')} |" for c in columns)


if __name__ == "__main__":
    sys.stdout.write(reference())

"""The market of the window, in words, tables and pictures."""

from __future__ import annotations

import math

from fbkit.feeds.venues import offers
from fbkit.model.columns import JUDGED, Z_WINDOWS
from fbkit.model.rows import MetricRow
from fbkit.reports import words
from fbkit.reports.facts import Facts
from fbkit.reports.market import Move, chosen, read_market
from fbkit.reports.market import Picture as Reading
from fbkit.reports.page import B, Block, Grid, Line, Picture, Piece, Section, T, Words
from fbkit.reports.pictures.heat import heat_picture
from fbkit.reports.pictures.movers import movers_picture
from fbkit.reports.pictures.price import price_picture

_FLAT = 0.0005
_HEAT_ROWS = 18


def market(facts: Facts) -> Section:
    """What moved, on what positions, what is unusual; or plainly that nothing closed yet."""
    reading = read_market(facts)
    if reading is None:
        text = f"No bar of {facts.asked.tf} has closed in the last {facts.asked.hours} h."
        return Section("market", [Words([B("Nothing to tell yet."), f" {text}"])], {"bars": 0})
    blocks: list[Block] = [
        *_words(facts, reading),
        *_price(facts),
        *_movers(facts, reading),
        *_loudest(facts),
        *_heat(facts),
        _unknown(facts, reading),
    ]
    return Section("market", blocks, _numbers(facts, reading))


def claim(reading: Reading) -> str:
    """The market in half a sentence: direction, breadth, and what became of positions."""
    median = reading.median
    side = "flat" if abs(median) < _FLAT else "up" if median > 0 else "down"
    text = (
        f"The market is {side}: {reading.rose} of {len(reading.moves)} rose, median {words.percent(median, sign=True)}"
    )
    if reading.oi_change is None or side == "flat" or abs(reading.oi_change) < 0.001:
        return text
    opened = reading.oi_change > 0
    how = {
        ("up", True): "positions were opened into the rise",
        ("up", False): "positions were closed as it rose",
        ("down", True): "positions were opened into the fall",
        ("down", False): "positions were closed as it fell",
    }[side, opened]
    return f"{text}; {how}"


def _words(facts: Facts, reading: Reading) -> list[Block]:
    hours = facts.asked.hours
    first: list[Piece] = [B(f"{claim(reading)}.")]
    first.append(f" {words.usd(reading.volume)} USD changed hands in {hours} h.")
    if reading.fresh:
        up, down = reading.unusual_up / reading.fresh, reading.unusual_down / reading.fresh
        first.append(
            f" In the newest bar {words.percent(up, 0)} of {reading.fresh} returns are unusually high "
            f"(Z of 2 or more over 20 bars), {words.percent(down, 0)} unusually low."
        )
    blocks: list[Block] = [Words(first)]
    second: list[Piece] = []
    if reading.oi_now is not None and reading.oi_change is not None:
        verb = "grew" if reading.oi_change > 0 else "shrank"
        second += [
            B(f"Open interest {verb} {words.percent(abs(reading.oi_change))} to {words.usd(reading.oi_now)} USD"),
            f" (one side, in coins at today's prices, {hours} h). ",
        ]
    if reading.funding:
        (low, low_rate), (high, high_rate) = reading.funding[0], reading.funding[-1]
        second.append(
            f"Predicted funding lies between {words.funding(low_rate)} ({_name(facts, low)}) and "
            f"{words.funding(high_rate)} ({_name(facts, high)}) per 8 h. "
        )
    if reading.liq_long is not None and reading.liq_short is not None:
        second.append(
            f"Liquidated: longs {words.usd(reading.liq_long)}, shorts {words.usd(reading.liq_short)} USD, "
            "both at least where a venue samples."
        )
    return [*blocks, Words(second)] if second else blocks


def _price(facts: Facts) -> list[Block]:
    name = chosen(facts)
    if name is None or facts.until is None:
        return []
    bars = facts.bars[facts.bars["instrument"] == name].sort_values("t1")
    if not bars["close"].notna().any():
        return []
    listed = facts.instruments.get(name)
    gaps = [(hole.t0, hole.t1) for hole in facts.holes if not hole.filled and hole.instrument in ("", name)]
    title = f"{name} · {facts.asked.tf} · USD"
    png = price_picture(bars, title, listed.tick if listed else None, (facts.since, facts.until), gaps)
    last, first = float(bars["close"].dropna().iloc[-1]), float(bars["open"].dropna().iloc[0])
    change = words.percent(last / first - 1, sign=True)
    tick = listed.tick if listed else None
    alt = f"{name}: {words.price(first, tick)} to {words.price(last, tick)} USD, {change}"
    coverage = words.percent(float(bars["coverage"].mean()))
    caption = f"{name}, {facts.asked.tf} bars, {change} in the window, coverage {coverage}. Times are UTC; grey: gaps."
    return [Picture("price.png", png, alt, caption)]


def _movers(facts: Facts, reading: Reading) -> list[Block]:
    if len(reading.moves) < 2:
        return []
    top = facts.asked.top
    png = movers_picture(
        [(_name(facts, move.instrument), move.change) for move in reading.moves if math.isfinite(move.change)],
        top,
        f"largest moves, {facts.asked.hours} h, %",
    )
    best, worst = reading.moves[-1], reading.moves[0]
    alt = f"Largest moves: {_told(facts, best)} and {_told(facts, worst)}"
    caption = f"Change from the first open to the last close of the window, {len(reading.moves)} instruments."
    return [Picture("movers.png", png, alt, caption), _moves(facts, reading)]


def _moves(facts: Facts, reading: Reading) -> Block:
    half = max(1, facts.asked.top // 2)
    both = (
        [*reversed(reading.moves[-half:]), *reversed(reading.moves[:half])]
        if len(reading.moves) > 2 * half
        else reading.moves[::-1]
    )
    rows: list[list[Line]] = [
        [
            _name(facts, move.instrument),
            words.price(move.last, _tick(facts, move.instrument)),
            _change(move.change),
            words.usd(move.vol_usd),
            words.percent(move.coverage, 1),
        ]
        for move in both
    ]
    return Grid(["instrument", ">last, USD", f">{facts.asked.hours} h", ">volume, USD", ">coverage"], rows, dense=True)


def _loudest(facts: Facts) -> list[Block]:
    loud = [row for row in facts.summary if math.isfinite(row.loudest_z)]
    loud = sorted(loud, key=lambda row: -abs(row.loudest_z))[: facts.asked.top]
    if not loud:
        return [Words([B("No Z-score yet:"), " each needs its baseline of 20 or 60 bars first."])]
    rows: list[list[Line]] = []
    tones: dict[tuple[int, int], str] = {}
    for place, row in enumerate(loud):
        column, window = _column(row.loudest)
        tones[place, 1] = z_class(row.loudest_z)
        rows.append(
            [
                _name(facts, row.instrument),
                words.signed(row.loudest_z, 1),
                column,
                window,
                words.price(row.last, _tick(facts, row.instrument)),
                _change(math.expm1(row.ret)),
                str(row.n_z),
                words.percent(row.coverage, 0),
            ]
        )
    top = loud[0]
    column, window = _column(top.loudest)
    pieces: list[Piece] = [B(f"Loudest: {_name(facts, top.instrument)}, {column} Z {words.signed(top.loudest_z, 1)}")]
    over = sum(abs(row.loudest_z) >= 3 for row in facts.summary if math.isfinite(row.loudest_z))
    pieces.append(
        f" against its last {window} bars; {words.many(over, 'instrument')} of {len(facts.summary)} at 3 or beyond."
    )
    heads = ["instrument", ">Z", "of", ">over, bars", ">last, USD", ">bar", ">Z behind it", ">coverage"]
    return [Words(pieces), Grid(heads, rows, tones, dense=True)]


def _heat(facts: Facts) -> list[Block]:
    if not facts.metrics:
        return []
    newest: dict[str, MetricRow] = {row.instrument: row for row in sorted(facts.metrics, key=lambda row: row.t1)}
    volume = facts.bars.groupby("instrument")["vol_usd"].sum()
    ranked = sorted(newest, key=lambda name: -float(volume.get(name, 0.0)))[:_HEAT_ROWS]
    window = max(Z_WINDOWS, key=lambda n: (sum(_known(newest[name], n) for name in ranked), n))
    cells = [[_cell(newest[name], f"z_{column}_{window}") for column in JUDGED] for name in ranked]
    title = f"Z over {window} bars of {facts.asked.tf}, newest bar, by volume"
    png = heat_picture([_name(facts, name) for name in ranked], JUDGED, cells, title)
    finite = [z for line in cells for z, _ in line if math.isfinite(z)]
    loud = sum(abs(z) >= 3 for z in finite)
    alt = f"Z-scores of {len(ranked)} instruments in {len(JUDGED)} columns; {loud} of {len(finite)} at 3 or beyond"
    caption = (
        f"Distance of the newest {facts.asked.tf} bar from the {window} before it, in standard deviations. "
        "Blue below, amber above, a shade a whole step; hatched: should be here and is not, with its reason."
    )
    return [Picture("zheat.png", png, alt, caption)]


def _unknown(facts: Facts, reading: Reading) -> Block:
    missing = []
    if reading.oi_now is None:
        missing.append("open interest")
    if not reading.funding:
        missing.append("funding")
    if reading.liq_long is None:
        missing.append("liquidations")
    if not facts.metrics:
        missing.append("metrics of closed bars")
    told = f"nothing was heard of {words.joined(missing)}; " if missing else ""
    part = float((facts.bars["source"] != "own").mean())
    told += f"{words.percent(part, 1)} of the bars are the venue's own, not built from trades we heard"
    told += _left_open(facts)
    return Words([B("Not known: "), f"{told}."], "dim")


def _left_open(facts: Facts) -> str:
    """The channels whose meaning the documents of the venues here leave open."""
    venues = sorted({name.partition(":")[0] for name in facts.names})
    doubts = [
        f"{venue} {one.channel.replace('_', ' ')}"
        for venue in venues
        for one in offers(venue).values()
        if not one.certain
    ]
    if not doubts:
        return ""
    return f"; documents leave open what is meant by {words.joined(doubts)} (both readings: fbkit instruments)"


def _numbers(facts: Facts, reading: Reading) -> dict[str, object]:
    return {
        "bars": len(facts.bars),
        "rose": reading.rose,
        "of": len(reading.moves),
        "median_change": reading.median,
        "volume_usd": reading.volume,
        "oi_usd": reading.oi_now,
        "oi_change": reading.oi_change,
        "liquidated_long_usd": reading.liq_long,
        "liquidated_short_usd": reading.liq_short,
        "moves": {move.instrument: move.change for move in reading.moves},
        "loudest": {
            row.instrument: [row.loudest, row.loudest_z] for row in facts.summary if math.isfinite(row.loudest_z)
        },
    }


def z_class(z: float) -> str:
    """The class of a cell's ground.

    >>> z_class(-3.4), z_class(0.2), z_class(7.0)
    ('zn3', 'z0', 'zp4')
    """
    step = min(4, int(abs(z)))
    return f"z{'n' if z < 0 else 'p'}{step}" if step else "z0"


def _cell(row: MetricRow, column: str) -> tuple[float, str]:
    from fbkit.model.columns import METRIC_COLUMNS

    place = METRIC_COLUMNS.index(column)
    return row.values[place], row.reasons[place]


def _known(row: MetricRow, window: int) -> int:
    return sum(math.isfinite(row.value(f"z_{column}_{window}")) for column in JUDGED)


def _column(name: str) -> tuple[str, str]:
    """``z_ret_20`` as its column and window."""
    column, _, window = name.removeprefix("z_").rpartition("_")
    return column, window


def _change(share: float) -> Line:
    """A change with its tone; what rounds to nothing has none."""
    text = words.percent(share, sign=True)
    return T(text, "up" if text.startswith("+") else "down" if text.startswith(words.MINUS) else "")


def _name(facts: Facts, name: str) -> str:
    return words.instrument(name, alone=facts.alone)


def _tick(facts: Facts, name: str) -> float | None:
    listed = facts.instruments.get(name)
    return listed.tick if listed else None


def _told(facts: Facts, move: Move) -> str:
    return f"{_name(facts, move.instrument)} {words.percent(move.change, sign=True)}"

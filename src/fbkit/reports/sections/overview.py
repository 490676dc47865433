"""What a reader who has ten seconds must know, and the head of the page."""

from __future__ import annotations

import html

from fbkit import __version__
from fbkit.clock import iso
from fbkit.model.market import Market
from fbkit.reports import words
from fbkit.reports.facts import Facts
from fbkit.reports.findings import Finding
from fbkit.reports.market import read_market
from fbkit.reports.page import B, Block, Line, Pairs, Piece, Raw, Section, Words, markdown_of, told
from fbkit.reports.sections.market import claim
from fbkit.reports.targets import kpis, rows_stored


def overview(facts: Facts, found: list[Finding]) -> Section:
    """State, data, market and the first thing to do, a sentence each."""
    blocks: list[Block] = [_badges(facts), _sentence(facts, found), _table(facts)]
    numbers = {
        "market": facts.market.value,
        "seed": facts.seed,
        "state": facts.backend.state,
        "as_of": iso(facts.until) if facts.until else None,
        "since": iso(facts.since),
        "phase": facts.phase.name if facts.phase else None,
        "instruments": len(facts.names),
        "rows": rows_stored(facts),
        "findings": len(found),
    }
    return Section("overview", blocks, numbers, masthead=_masthead(facts))


def _badges(facts: Facts) -> Block:
    """The first line in Markdown; on the page the head says it."""
    state = facts.backend.state
    seed = f" seed {facts.seed}" if facts.seed is not None and facts.market is Market.SIMULATED else ""
    pieces: list[Piece] = [B(f"{_MODE_MARKS[facts.market]} {facts.market.value}{seed}"), " · "]
    pieces += [B(f"{words.SHAPES[state]} {state}"), " · "]
    pieces += ["phase ", B(facts.phase.name if facts.phase else "not set"), " · "]
    pieces.append(f"as of {words.utc(facts.until)} UTC" if facts.until else "nothing heard yet")
    pieces.append(f" · window {facts.asked.hours} h · timeframe {facts.asked.tf}")
    return Raw(f"> {markdown_of(pieces)}", "")


_MODE_MARKS = {Market.SIMULATED: "▨", Market.RECORDED: "▣", Market.LIVE: "□"}


def _sentence(facts: Facts, found: list[Finding]) -> Block:
    serious = [finding for finding in found if finding.weight != "note"]
    state = facts.backend.state
    head = {"ok": "All is well", "degraded": "It runs, degraded", "down": "It is down"}[state]
    if facts.until is None:
        return Words(
            [B("Nothing was heard yet."), f" The database is {facts.market.value} and empty: start a collector."]
        )
    bad = [kpi.label for kpi in kpis(facts) if kpi.inside is False]
    pieces: list[Piece] = [B(f"{head}."), " "]
    pieces.append(
        f"{words.count(rows_stored(facts))} rows of {words.many(len(facts.names), 'instrument')} are stored; "
    )
    pieces.append(
        f"{words.joined(bad)} {'is' if len(bad) == 1 else 'are'} outside target."
        if bad
        else "every number that can be judged is within its target."
    )
    picture = read_market(facts)
    if picture is not None:
        pieces += [" ", claim(picture), "."]
    if serious:
        first = serious[0]
        pieces += [" First to do: ", *told(first.then), "."]
    return Words(pieces)


def _table(facts: Facts) -> Block:
    up, since = facts.uptime, words.of_window(facts.known_ns, facts.window_ns)
    rows: list[tuple[str, Line]] = [
        ("market", _market(facts)),
        ("database", f"{facts.url}, {words.size(facts.sizes['db'] + facts.sizes['wal'])}"),
        ("window", f"{words.utc(facts.since)} to {words.utc(facts.until)} UTC" if facts.until else "nothing heard yet"),
        ("uptime in it", words.percent(up) + since if up is not None else "unknown: no heartbeat was ever stored"),
        ("coverage in it", _coverage(facts)),
        ("phase", _phase(facts)),
        ("written", f"{words.utc(facts.now)} UTC by fbkit {__version__}"),
    ]
    return Pairs(rows)


def _market(facts: Facts) -> str:
    venues = words.joined(sorted({name.partition(":")[0] for name in facts.names})) or "no venue yet"
    seed = f", seed {facts.seed}" if facts.market is Market.SIMULATED else ""
    whence = {
        Market.SIMULATED: "prices are made by fbkit's simulator",
        Market.RECORDED: "read from a recording",
        Market.LIVE: "heard from the venues",
    }[facts.market]
    return f"{facts.market.value}{seed}: {whence}; {words.many(len(facts.names), 'instrument')} at {venues}"


def _coverage(facts: Facts) -> str:
    if not len(facts.bars):
        return f"no {facts.asked.tf} bar has closed in it"
    return f"{words.percent(float(facts.bars['coverage'].mean()))}, mean of {words.count(len(facts.bars))} bars"


def _phase(facts: Facts) -> str:
    if facts.phase is None:
        return "not set"
    note = f": {facts.phase.note}" if facts.phase.note else ""
    return f"{facts.phase.name} since {words.utc(facts.phase.since)} UTC{note}"


def _masthead(facts: Facts) -> str:
    """Stripe, bar with badges, and the row of figures: what cannot be overlooked."""
    state, mode = facts.backend.state, facts.market.value
    seed = f" <em>seed {facts.seed}</em>" if facts.market is Market.SIMULATED and facts.seed is not None else ""
    clock = f"{words.utc(facts.until)}" if facts.until else "nothing heard yet"
    tone, shape = words.TONES[state], words.SHAPES[state]
    figures = "".join(
        f'<div class="kpi"><div class="k">{html.escape(label)}</div>'
        f'<div class="v{tone}">{html.escape(value)}</div><div class="d">{html.escape(line)}</div></div>'
        for label, value, line, tone in _figures(facts)
    )
    return (
        f'<div class="stripe {mode}"></div><header class="bar"><span class="brand">{_MARK} fbkit</span>'
        f'<span class="what">status report</span><span class="space"></span>'
        f'<span class="badge mode {mode}"><i></i>{mode}{seed}</span>'
        f'<span class="badge"><span class="{tone}">{shape}</span> {state}</span>'
        f'<span class="clock">{html.escape(clock)} <em>UTC</em></span></header><div class="kpis">{figures}</div>'
    )


_MARK = (
    '<svg width="14" height="14" aria-hidden="true"><path d="M1 13V7h2.6v6zM5.7 13V1h2.6v12zM10.4 13V4.5H13V13z" '
    'fill="currentColor"/></svg>'
)


def _of(facts: Facts) -> str:
    """The line under the uptime: what it is a share of."""
    return f"of {words.duration(facts.known_ns)} known" if 0 < facts.known_ns < facts.window_ns else "from heartbeats"


def _figures(facts: Facts) -> list[tuple[str, str, str, str]]:
    """(label, value, line of context, tone) of each figure in the row."""
    judged = [kpi for kpi in kpis(facts) if kpi.inside is not None]
    good = sum(kpi.inside is True for kpi in judged)
    lost = [hole for hole in facts.holes if not hole.filled]
    quant = (
        next(kpi for kpi in judged if kpi.key == "mean_abs_z") if any(k.key == "mean_abs_z" for k in judged) else None
    )
    up = words.percent(facts.uptime) if facts.uptime is not None else "unknown"
    reasons = words.many(len(facts.backend.reasons), "reason")
    return [
        ("Health", facts.backend.state.capitalize(), reasons, f" {words.TONES[facts.backend.state]}"),
        (f"Uptime {facts.asked.hours} h", up, _of(facts), ""),
        ("Rows", words.usd(rows_stored(facts)), f"{words.many(len(facts.names), 'instrument')}", ""),
        (
            "Mean |Z|",
            quant.write(quant.value) if quant and quant.value is not None else words.NONE,
            "0.80 if normal",
            "",
        ),
        (f"Alerts {facts.asked.hours} h", words.count(len(facts.alerts)), "all tiers", ""),
        (f"Gaps {facts.asked.hours} h", words.count(len(facts.holes)), f"{len(lost)} not filled", ""),
        ("Within target", f"{good} of {len(judged)}", "numbers judged", "" if good == len(judged) else " warn"),
    ]

"""Options that many commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Db = Annotated[
    str | None,
    typer.Option("--db", metavar="URL", help="Database: sqlite:///path/to/file.db or postgresql://user@host/name"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON object on standard output.")]
Since = Annotated[str | None, typer.Option("--since", help="From here on: 2h, 7d, or 2026-11-22T14:00Z (UTC).")]
Timeframe = Annotated[str, typer.Option("--tf", help="Timeframe: 1m 5m 15m 1h 4h 1d.")]
Venues = Annotated[
    str | None,
    typer.Option("--venues", help="sim[:N|:all|:NAMES] for the simulated market, or names: binance,bybit,okx"),
]
Faults = Annotated[
    Path | None, typer.Option("--faults", metavar="FILE", help="Script of faults that the simulated market plays.")
]
Instruments = Annotated[int | None, typer.Option("--instruments", help="Instruments a venue, largest first.")]
For = Annotated[
    str | None, typer.Option("--for", metavar="DURATION", help="Stop by itself after this long: 60s 10m 2h.")
]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of the simulated market.")]

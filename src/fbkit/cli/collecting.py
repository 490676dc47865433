"""Commands that collect: up, demo, collect."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from fbkit.cli.options import AsJson, Db, Faults, For, Instruments, Seed, Venues
from fbkit.cli.saying import answer_json, out, progress, say, table
from fbkit.clock import iso
from fbkit.errors import SettingError
from fbkit.ingest import Recorded, collect_recording, run_demo, run_headless
from fbkit.ingest.demo import VENUES
from fbkit.ingest.rulebook import Rulebook
from fbkit.model import NS_S, AccountRow
from fbkit.runtime import database_url, shown_url
from fbkit.settings import duration_ns, load_settings

_TERMS = ("stored", "conflated", "duplicate", "ignored", "quarantined", "dropped", "in_flight")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (up, demo, collect):
        app.command()(command)


def up(  # noqa: PLR0917 - typer reads options from the signature
    venues: Venues = None,
    instruments: Instruments = None,
    seed: Seed = None,
    db: Db = None,
    faults: Faults = None,
    port: Annotated[int | None, typer.Option("--port", help="Port on 127.0.0.1; 0 takes a free one.")] = None,
    for_: For = None,
    public: Annotated[
        bool,
        typer.Option(
            "--public", help="Answer on every address of the machine; takes FBKIT_TOKEN. TLS is your proxy's."
        ),
    ] = False,
) -> None:
    """Start everything: the market, JupyterLab, the dashboard; Ctrl-C ends it cleanly.

    The market is simulated, as three venues show it, unless --venues says otherwise. The page is live before its 48 h
    of history are fetched.
    """
    from fbkit.server.launch import up as launch  # Jupyter takes a second to import; the other commands need none of it

    settings = load_settings(
        venues=venues, instruments=instruments, seed=seed, db=db, port=port, faults=_script(venues, faults)
    )
    Rulebook.of(settings).read()  # a wrong file is refused before anything starts
    raise typer.Exit(launch(settings, port=settings.port, for_s=_seconds(for_), public=public))


def demo(
    seed: Seed = None,
    seconds: Annotated[int, typer.Option("--seconds", min=1, max=3600, help="Simulated seconds.")] = 20,
    venues: Annotated[
        str | None,
        typer.Option("--venues", help="Simulated venues: binance,bybit,okx, or all; default: binance alone."),
    ] = None,
    instruments: Instruments = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Run the whole path once, without a browser, in simulated time; the same seed gives the same digest."""
    settings = load_settings(seed=seed, instruments=instruments, venues=_as_simulated(venues))
    names = VENUES if venues is None else settings.venue_names
    with tempfile.TemporaryDirectory(prefix="fbkit-demo-") as folder:
        url = db or f"sqlite:///{(Path(folder) / 'demo.db').as_posix()}"
        with progress("demo", seconds) as step:
            done = run_demo(url, settings, seconds=seconds, venues=names, told=step)
    if as_json:
        answer_json(
            {
                "digest": done.digest,
                "rows": done.rows,
                "accounting": _accounting(done.accounting),
                "market": "SIMULATED",
                "seed": settings.seed,
                "seconds": seconds,
                "venues": list(names),
                "instruments": settings.count,
            }
        )
        return
    table(
        f"SIMULATED ({', '.join(names)}), seed {settings.seed}, {seconds} s from 2026-01-01T23:59:45Z",
        ["table", "rows"],
        list(done.rows.items()),
    )
    _show_accounts(done.accounting)
    out.print(f"digest {done.digest}", markup=False)


def collect(  # noqa: PLR0917 - typer reads options from the signature
    venues: Venues = None,
    instruments: Instruments = None,
    seed: Seed = None,
    db: Db = None,
    faults: Faults = None,
    for_: For = None,
    recording: Annotated[Path | None, typer.Option("--recording", help="Take a recording instead of a venue.")] = None,
    speed: Annotated[str, typer.Option("--speed", help="Of a recording: max, or 1 for its own speed.")] = "max",
    capture: Annotated[
        Path | None, typer.Option("--capture", metavar="DIR", help="Keep every raw frame in DIR.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Collect without Jupyter: from venues until Ctrl-C, or a recording to its end. Ends with the accounts."""
    settings = load_settings(venues=venues, instruments=instruments, seed=seed, db=db, faults=_script(venues, faults))
    if recording is not None:
        _check_recording(recording, speed, db, venues=venues, capture=capture)
        url = db or ""
        _tell_recording(_from_recording(recording, url, speed), url, as_json)
        return
    url = database_url(settings)
    say(f"collecting {settings.venues} into {shown_url(url)}; Ctrl-C ends it")
    accounts = run_headless(settings, for_s=_seconds(for_), capture=capture)
    _tell(accounts, {"database": shown_url(url), "market": "SIMULATED" if settings.simulated else "LIVE"}, as_json)


def _as_simulated(venues: str | None) -> str:
    """A demo's venues are simulated, whether that is said or not."""
    if venues is None or venues.partition(":")[0] == "sim":
        return venues or "sim"
    return f"sim:{venues}"


def _script(venues: str | None, faults: Path | None) -> Path | None:
    """The script as the child finds it; only a simulated market plays one."""
    if faults is None:
        return None
    if not load_settings(venues=venues).simulated:
        raise SettingError("--faults", str(faults), "the simulated market alone: --venues sim")
    if not faults.is_file():
        raise SettingError("--faults", str(faults), "a file that is there")
    return faults.absolute()


def _from_recording(recording: Path, url: str, speed: str) -> Recorded:
    settings = load_settings(db=url)
    with progress(f"reading {recording.name}", None) as step:
        return collect_recording(
            recording,
            url,
            settings,
            paced=speed == "1",
            told=lambda items, ts: step(items, f"{items:,} items, up to {iso(ts)}"),
        )


def _check_recording(recording: Path, speed: str, db: str | None, *, venues: str | None, capture: Path | None) -> None:
    if speed not in {"max", "1"}:
        raise SettingError("--speed", speed, "max, or 1 for the recording's own speed")
    if db is None:
        raise SettingError("--db", None, "a database for the recording, such as sqlite:///recorded.db")
    if venues is not None or capture is not None:
        raise SettingError("--recording", str(recording), "a recording alone, without --venues or --capture")
    if not recording.exists():
        raise SettingError("--recording", str(recording), "a file, or a folder of captures, that is there")


def _tell_recording(done: Recorded, url: str, as_json: bool) -> None:
    span = f"{iso(done.first, millis=True)} to {iso(done.last, millis=True)}"
    _tell(
        done.accounts,
        {"database": shown_url(url), "market": "RECORDED", "recorded": span, "damaged": done.damaged or None},
        as_json,
    )
    if done.damaged:
        say(f"fbkit: {done.damaged}")
        raise typer.Exit(1)


def _tell(accounts: list[AccountRow], facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        answer_json(facts | {"accounting": _accounting(accounts)})
        return
    _show_accounts(accounts)
    out.print(" · ".join(f"{key} {value}" for key, value in facts.items() if value), markup=False)


def _accounting(accounts: list[AccountRow]) -> dict[str, Any]:
    """Per channel, and whether every account balances."""
    channels = {f"{one.venue} {one.channel}": msgspec.to_builtins(one) for one in accounts if one.channel != "control"}
    return {"balanced": all(one.balances for one in accounts), "channels": channels}


def _show_accounts(accounts: list[AccountRow]) -> None:
    rows = [
        [
            one.venue,
            one.channel,
            one.received,
            *(getattr(one, term) for term in _TERMS),
            "=" if one.balances else "LOST",
        ]
        for one in accounts
        if one.channel != "control"
    ]
    table("items: received = the sum of what follows", ["venue", "channel", "received", *_TERMS, "books"], rows)
    late = sum(one.late for one in accounts)
    if late:
        out.print(f"late for their bars (stored all the same): {late:,}", markup=False)


def _seconds(text: str | None) -> float | None:
    return None if text is None else duration_ns(text, "--for") / NS_S

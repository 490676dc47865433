"""Rules from a file: in force from a Beat on, written among the events, and never worse than what runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from fbkit.alerts import DEFAULTS, Single
from fbkit.alerts.load import dump, load
from fbkit.clock import SystemClock
from fbkit.errors import SettingError
from fbkit.ingest.pipeline import Cut
from fbkit.ingest.rulebook import Rulebook, RuleWatch
from fbkit.ingest.session import Session
from fbkit.model import NS_S, AlertRow, Beat, Market, Setting, Side, Trade
from fbkit.settings import Settings, load_settings
from fbkit.store import Batch, open_store

BTC = "binance:BTC-USDT-PERP"
START = 1_767_225_600 * NS_S


def rule(name: str, usd: float) -> Single:
    return Single(
        name=name, tier=1, columns=("delta",), threshold=usd, rearm=usd / 2, timeframes=("1m",), cooldown_ns=0
    )


NEVER, OFTEN = rule("never", 1e12), rule("often", 1.0)


def write(path: Path, text: str) -> None:
    """A new version, told from the last by its time whatever the file system's clock is."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text, "utf-8")
    os.utime(path, ns=(before + NS_S, before + NS_S))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write(tmp_path / "rules.toml", dump([NEVER]))
    return tmp_path / "rules.toml"


def test_a_file_that_stays_is_no_news(path: Path) -> None:
    book = Rulebook(path, path)
    assert book.read() == (NEVER,)
    assert book.changed() is None
    write(path, f"# a remark\n{dump([NEVER])}")
    assert book.changed() is None
    write(path, dump([OFTEN]))
    assert book.changed() == (OFTEN,)
    assert book.changed() is None


@pytest.mark.parametrize("text", ["", "[[rule]]\nname =", dump([OFTEN]).replace("delta", "deltas")])
def test_a_file_that_is_wrong_is_refused_each_time_and_once_mended_taken(path: Path, text: str) -> None:
    book = Rulebook(path, path)
    book.read()
    write(path, text)
    for _ in range(2):
        with pytest.raises(SettingError):
            book.changed()
    write(path, dump([OFTEN]))
    assert book.changed() == (OFTEN,)


def test_a_file_that_is_gone_is_told_and_the_same_file_again_is_no_news(path: Path) -> None:
    book = Rulebook(path, path)
    book.read()
    path.unlink()
    with pytest.raises(SettingError, match=r"rules\.toml"):
        book.changed()
    write(path, dump([NEVER]))
    assert book.changed() is None


def test_without_a_file_the_rules_are_the_built_in_ones_until_there_is_one_in_home(tmp_path: Path) -> None:
    book = Rulebook(None, tmp_path / "rules.toml")
    assert (book.read(), book.changed(), book.source) == (DEFAULTS, None, "built-in")
    write(tmp_path / "rules.toml", dump([OFTEN]))
    assert (book.changed(), book.source) == ((OFTEN,), str(tmp_path / "rules.toml"))


def url_of(settings: Settings) -> str:
    return f"sqlite:///{(settings.home / 'x.db').as_posix()}"


class Told:
    """Health, as far as rules tell it."""

    def __init__(self) -> None:
        self.sentence = ""

    def trouble(self, venue: str, channel: str, reason: str, sentence: str) -> None:
        assert (venue, channel, reason) == ("", "rules", "rules")
        self.sentence = sentence

    def well(self, venue: str, channel: str) -> None:
        self.sentence = ""


class Run:
    """A session whose seconds pass by hand, and the watch over its rules."""

    def __init__(self, settings: Settings, start: int = START) -> None:
        self.session = Session.open(
            url_of(settings), settings, SystemClock(), market=Market.SIMULATED, seed=7, holder="a test"
        )
        self.now, self.n, self.told = start, start // NS_S, Told()
        self.tasks: list[asyncio.Task[None]] = []
        self.watch = RuleWatch(
            self.session.rulebook, lambda rules: self.session.adopt(self.now, rules), self.told, self._spawn
        )
        self.alerts: list[AlertRow] = []
        self.session.begin(start, fetches=False)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.ensure_future(work))

    async def minute(self) -> list[str]:
        """A minute with one trade of 500 USD; the rules that spoke when it closed."""
        before = len(self.alerts)
        for _ in range(60):
            self.now += NS_S
            self.n += 1
            self.session.pipeline.take(
                "binance", [Trade(BTC, self.now, self.now, self.n, 100.0, 5.0, Side.BUY)], self.now
            )
            self._keep(self.session.pipeline.beat(self.now))
            self.watch.beat(heartbeat=self.n % 10 == 0)
            if self.tasks:
                await asyncio.gather(*self.tasks)
                self.tasks.clear()
        return [alert.rule for alert in self.alerts[before:]]

    def _keep(self, cut: Cut) -> None:
        self.alerts += [row for row in cut.rows if isinstance(row, AlertRow)]
        self.session.writer.append(Batch(list(cut.events), cut.rows))
        self.session.pipeline.stored(cut)

    def kill(self, *, checkpoint: bool) -> None:
        if checkpoint:
            self.session.writer.append(Batch([], [], self.session.checkpoint()()))
        self.session.writer.close()


@pytest.fixture
def settings(tmp_path: Path, path: Path) -> Iterator[Settings]:
    return load_settings(home=tmp_path, rules=path, cadence_ms=0)


def stored(settings: Settings) -> list[tuple[int, Any]]:
    """Rules and Beats among the events, by place."""
    with open_store(url_of(settings)) as store:
        return [
            (event.seq, load(event.value) if isinstance(event, Setting) else event)
            for event in store.replay()
            if isinstance(event, Beat) or (isinstance(event, Setting) and event.key == "rules")
        ]


async def test_rules_change_while_it_runs_and_the_events_say_from_which_beat_on(settings: Settings, path: Path) -> None:
    run = Run(settings)
    assert await run.minute() == []
    assert await run.minute() == []
    write(path, dump([OFTEN]))
    assert await run.minute() == []  # the minute before closed in its first second, by the old rules
    assert await run.minute() == ["often"]
    run.session.end(run.now)
    events = stored(settings)
    rules = [(seq, one) for seq, one in events if isinstance(one, tuple)]
    assert [one for _, one in rules] == [(NEVER,), (OFTEN,)]
    assert rules[0][0] < min(seq for seq, one in events if isinstance(one, Beat)), "before the first Beat they judge"
    spoke = run.alerts[0].ts
    judged = next(seq for seq, one in events if isinstance(one, Beat) and one.ts_event == spoke)
    assert rules[1][0] < judged


@pytest.mark.parametrize("what", ["wrong", "gone"])
async def test_a_file_that_is_wrong_or_gone_changes_nothing_and_is_told(
    settings: Settings, path: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "fbkit.ingest.rulebook")
    write(path, dump([OFTEN]))
    run = Run(settings)
    await run.minute()
    await run.minute()
    if what == "wrong":
        write(path, dump([NEVER]).replace("threshold", "thresh"))
    else:
        os.unlink(path)  # noqa: PTH108 - at once: nothing else runs on this loop
    await run.minute()
    assert run.session.pipeline.rules.rules == (OFTEN,)
    assert str(path) in run.told.sentence
    assert "stay" in run.told.sentence
    assert "thresh" in run.told.sentence or what == "gone"
    write(path, dump([NEVER]))
    await run.minute()
    assert run.session.pipeline.rules.rules == (NEVER,)
    assert run.told.sentence == ""
    refused, mended = (one.getMessage() for one in caplog.records)  # once, however often it was looked at
    assert str(path) in refused
    assert "The rules in force stay" in refused
    assert mended == f"rules of alerts in force from here on: 1, from {path}"
    run.session.end(run.now)
    assert [one for _, one in stored(settings) if isinstance(one, tuple)] == [(OFTEN,), (NEVER,)]


@pytest.mark.parametrize("checkpoint", [True, False])
async def test_a_run_that_was_killed_goes_on_with_who_has_spoken(
    settings: Settings,
    path: Path,
    checkpoint: bool,
) -> None:
    run = Run(settings)
    await run.minute()
    write(path, dump([OFTEN]))
    await run.minute()
    assert await run.minute() == ["often"]
    run.kill(checkpoint=checkpoint)
    again = Run(settings, run.now)
    assert again.session.pipeline.rules.rules == (OFTEN,)
    state = again.session.pipeline.rules.checkpoint()
    assert state == run.session.pipeline.rules.checkpoint()
    assert await again.minute() == [], "its size was never below the re-arm level"
    again.session.end(again.now)


def test_a_wrong_file_is_refused_before_a_database_is_made(settings: Settings, path: Path) -> None:
    write(path, "[[rule]]")
    with pytest.raises(SettingError) as refused:
        Run(settings)
    assert refused.value.exit_code == 2
    assert not (settings.home / "x.db").exists()

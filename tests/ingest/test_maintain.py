"""Keeping the size of a real database: what goes was checked first, and what cannot be checked stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from fbkit.clock import SystemClock, VirtualClock
from fbkit.ingest.demo import START, run_demo
from fbkit.ingest.maintain import limits_of, maintain, size_of
from fbkit.ingest.retention import Limits
from fbkit.ingest.rollup import judge_day
from fbkit.ingest.session import Session
from fbkit.model import NS_DAY, NS_HOUR, NS_MIN, Beat, Market, Setting, Span
from fbkit.settings import Settings, load_settings
from fbkit.store import Batch, Checkpoint, Writer, open_writer
from fbkit.store.archive.removed import removed_before
from tests.store.made import events

NAME = "binance:BTC-USDT-PERP"
MIDNIGHT = START + 15 * 10**9
YESTERDAY = MIDNIGHT - NS_DAY
KEPT_LONG = NS_DAY // 2


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo of two instruments: 48 h of bars and some seconds of everything."""
    folder = tmp_path_factory.mktemp("maintain")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FBKIT_HOME", str(folder))
        run_demo(f"sqlite:///{(folder / 'made.db').as_posix()}", load_settings(seed=7, instruments=2))
    return folder / "made.db"


@pytest.fixture
def url(made: Path, tmp_path: Path) -> str:
    shutil.copy(made, tmp_path / "a.db")
    return f"sqlite:///{(tmp_path / 'a.db').as_posix()}"


@pytest.fixture
def writer(url: str) -> Iterator[Writer]:
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=SystemClock(), holder="a test") as opened:
        yield opened


def minutes(writer: Writer) -> int:
    return len(writer.rows("bars", instrument=NAME, tf="1m"))


def change(writer: Writer, statement: str, **values: object) -> None:
    with writer._database.writing() as connection:
        assert connection.execute(text(statement), values).rowcount == 1


def by_age(days: float) -> Limits:
    return Limits(MIDNIGHT + NS_HOUR, minutes_ns=int(days * NS_DAY))


def test_1m_bars_go_and_every_bar_above_them_is_the_fold_they_leave_behind(writer: Writer) -> None:
    before = {tf: writer.rows("bars", tf=tf) for tf in ("5m", "15m", "1h", "4h", "1d")}
    known = minutes(writer)
    done = maintain(writer, limits=by_age(1.0))
    (slots,) = done.going
    assert slots.what == "bars 1m"
    assert minutes(writer) == known - 1440
    assert done.bars_compared > 400
    assert (done.bars_differing, done.bars_missing, done.bars_kept) == (0, 0, 0)
    for tf, frame in before.items():
        assert writer.rows("bars", tf=tf).equals(frame)
    assert len(writer.rows("metrics", tf="1m", span=Span(0, YESTERDAY))) == 0


@pytest.mark.parametrize(
    ("statement", "stay", "why"),
    [
        ("UPDATE bars SET vol_usd = vol_usd * 1.0000000000000002 WHERE tf = '5m'", 5, "differ"),
        ("UPDATE bars SET high = high + 1 WHERE tf = '4h'", 240, "differ"),
        ("DELETE FROM bars WHERE tf = '15m'", 15, "missing"),
    ],
)
def test_minutes_under_a_bar_that_disagrees_or_is_missing_stay_and_that_is_told(
    writer: Writer, statement: str, stay: int, why: str
) -> None:
    number = writer._ids[NAME]
    known, t1 = minutes(writer), YESTERDAY - 8 * NS_HOUR
    change(writer, statement + " AND instrument = :number AND t1 = :t1", number=number, t1=t1)
    done = maintain(writer, limits=by_age(1.0))
    assert done.bars_kept == stay
    assert minutes(writer) == known - 1440 + stay
    counted = done.bars_missing if why == "missing" else done.bars_differing
    assert counted >= 1
    assert f"{stay:,} 1m bars stay" in done.staying[-1]


def test_a_minute_that_its_trades_contradict_stays_with_them(writer: Writer) -> None:
    day = YESTERDAY
    trades = writer.read("trade", NAME, Span(day, day + NS_DAY))
    own = writer.rows("bars", instrument=NAME, tf="1m", span=Span(day, day + NS_DAY)).query("source == 'own'")
    assert len(own) >= 1
    assert len(trades["seq"]) > 10
    shares = {int(stamp): 0.8 for stamp in writer.rows("stamps")["stamp"]}
    fine = judge_day(writer, NAME, day, shares)
    assert fine.against_trades == 0
    t1 = int(own["t1"].iloc[0])
    change(
        writer, "UPDATE bars SET buy_usd = buy_usd + 1 WHERE tf = '1m' AND instrument = :number AND t1 = :t1",
        number=writer._ids[NAME], t1=t1,
    )  # fmt: skip
    judged = judge_day(writer, NAME, day, shares)
    assert judged.against_trades == 1
    assert not judged.may_go[(t1 - day) // NS_MIN - 1]
    # where its trades are known to be gone, only the folds speak
    assert judge_day(writer, NAME, day, shares, trades_from=t1).against_trades == 0


def test_a_dry_run_says_the_same_and_changes_nothing(writer: Writer) -> None:
    names = sorted(writer.table_counts())
    before = writer.digest(names)
    done = maintain(writer, limits=by_age(1.0), dry_run=True)
    assert done.dry_run
    assert [one.what for one in done.going] == ["bars 1m"]
    assert writer.digest(names) == before


def test_what_goes_is_written_down_first(writer: Writer) -> None:
    assert removed_before(writer) == {}
    order: list[str] = []

    def record(key: str, value: str) -> None:
        order.append(f"{key} {minutes(writer)}")
        writer.append(Batch([Setting("", MIDNIGHT, MIDNIGHT, key, value, seq=writer.last_seq + 1)]))

    known = minutes(writer)
    maintain(writer, limits=by_age(1.0), record=record)
    assert order == [f"retention {known}"]
    assert removed_before(writer) == {"bars 1m": YESTERDAY}
    maintain(writer, limits=by_age(1.0), record=record)
    assert len(order) == 1


def test_a_collector_goes_on_after_retention_as_if_nothing_had_been(url: str, writer: Writer) -> None:
    maintain(writer, limits=Limits(MIDNIGHT + 5 * NS_DAY, max_bytes=1))
    writer.close()
    session = Session.open(url, load_settings(seed=7), SystemClock(), market=Market.SIMULATED, seed=7, holder="a test")
    try:
        assert session.from_checkpoint > 0
        session.begin(MIDNIGHT + NS_HOUR)
        beat = Beat("", MIDNIGHT + NS_HOUR, MIDNIGHT + NS_HOUR, session.pipeline.beats + 1)
        assert session.pipeline.engine.beat(beat) is not None
    finally:
        session.writer.close()


def test_a_growing_market_is_kept_below_its_budget(tmp_path: Path) -> None:
    url = f"sqlite:///{(tmp_path / 'growing.db').as_posix()}"
    clock = VirtualClock(START)
    budget = 2_500_000
    sizes, held = [], []
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=clock, holder="a test") as writer:
        for day in range(10):
            start = START + day * NS_DAY
            own = events(8_000, seed=day, start=start, first=writer.last_seq % (1 << 48) + 1)
            writer.append(Batch(own))
            writer.append(Batch(checkpoint=Checkpoint(own[-1].seq, own[-1].ts_recv, "code", b"")))
            writer.fold(1 << 62)
            done = maintain(writer, limits=Limits(start + NS_HOUR, max_bytes=budget))
            sizes.append(size_of(writer))
            held.append(writer.table_counts()["trades"])
            assert done.within == (sizes[-1] <= budget)
        assert max(sizes) <= budget
        assert sizes[-1] > budget // 3  # no more went than had to
        assert held[-1] > 0
        newest = writer.read("trade")["ts_event"].max()
        assert newest >= START + 9 * NS_DAY - NS_MIN
        assert removed_before(writer)["events"] > START


def test_the_first_checkpoint_of_a_day_stays_as_long_as_the_events_after_it(tmp_path: Path) -> None:
    url = f"sqlite:///{(tmp_path / 'days.db').as_posix()}"
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="a test") as writer:
        for hour in range(0, 120, 6):
            start = START + hour * NS_HOUR
            own = events(200, seed=hour, start=start, first=writer.last_seq % (1 << 48) + 1)
            writer.append(Batch(own, checkpoint=Checkpoint(own[-1].seq, own[-1].ts_recv, "code", b"")))
            writer.fold(1 << 62)
        now = START + 120 * NS_HOUR
        assert len(writer.checkpoints("code")) == 6 + 2  # the last of three is the first of its day
        maintain(writer, limits=Limits(now, events_ns=3 * NS_DAY))
        left = [ts for _, ts in writer.checkpoints("code")]
        assert left[0] >= now - 3 * NS_DAY
        assert len(left) == 3 + 2
        assert len({ts // NS_DAY for ts in left}) == 3


def test_budget_and_ages_come_from_the_settings_unless_asked_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Callable[..., Settings] = load_settings
    limits = limits_of(settings(max_mb=200, keep_ticks_days=3), 7)
    assert limits == Limits(7, 200_000_000, 3 * NS_DAY, 365 * NS_DAY)
    assert limits_of(settings(max_mb=200), 7, 0.5).max_bytes == 500_000
    assert np.isfinite(limits.max_bytes)

"""Every option that takes an instant refuses other words alike: exit 2, the option, the word, and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import fbkit
from fbkit.errors import SettingError
from fbkit.model import NS_DAY, NS_HOUR, Span
from tests.cli.conftest import Say

COMMANDS = [
    ("metrics", "BTC", "--since"),
    ("alerts", "--since"),
    ("gaps", "--since"),
    ("across", "BTC", "--since"),
    ("correlation", "--coins", "BTC,ETH", "--since"),
    ("breadth", "--since"),
    ("scorecard", "--since"),
    ("scorecard", "--until"),
    ("replay", "--verify", "--since"),
    ("replay", "--verify", "--until"),
    ("export", "bars", "--to", "bars.csv", "--since"),
    ("export", "bars", "--to", "bars.csv", "--until"),
    ("archive", "--before"),
    ("backfill", "--since"),
]


@pytest.mark.parametrize("wrong", ["yesterdayish", "3x", "h", "2026-13-01", ""])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_word_that_is_no_instant_is_exit_2_with_the_allowed_forms(
    words: tuple[str, ...], wrong: str, url: str, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = say(*words, wrong, "--db", url)
    assert (code, out) == (2, "")
    assert f"{words[-1].strip('-')}': {wrong!r} is not possible" in err
    assert "an age such as 30m, 2h or 7d, or an instant such as 2026-11-22T14:00Z (UTC)" in err
    assert not list(tmp_path.glob("bars*"))


@pytest.mark.parametrize("right", ["2h", "2.5h", " 2h", "999999999d", "2026-01-01", "2026-01-01T22:00+01:00"])
def test_every_allowed_form_is_understood(right: str, url: str, say: Say) -> None:
    for words in (("metrics", "BTC", "--last", "1"), ("breadth",), ("gaps",)):
        code, _, err = say(*words, "--since", right, "--db", url)
        assert code == 0, err


def test_until_before_since_is_exit_2(url: str, say: Say, tmp_path: Path) -> None:
    file = str(tmp_path / "bars.csv")
    code, _, err = say("export", "bars", "--to", file, "--since", "1h", "--until", "2h", "--db", url)
    assert code == 2
    assert "an instant after since (2026-01-01T2" in err


def test_a_duration_that_is_none_is_exit_2(say: Say) -> None:
    for command in ("up", "collect"):
        code, _, err = say(command, "--for", "soon")
        assert code == 2
        assert "'--for': 'soon' is not possible; allowed: a number with ms, s, m, h or d" in err


def test_a_desk_reads_instants_alike(url: str) -> None:
    desk = fbkit.open(url)
    now = desk.now()
    assert desk.span("2h", "1h") == Span(now - 2 * NS_HOUR, now - NS_HOUR)
    day = 1_767_225_600_000_000_000
    for when in ("2026-01-01", "2026-01-01T01:00+01:00", pd.Timestamp("2026-01-01"), pd.Timestamp(day, tz="UTC"), day):
        assert desk.instant(when) == day
    assert desk.instant("2026-01-02") == day + NS_DAY
    with pytest.raises(SettingError, match="'since': 'soon' is not possible; allowed: an age such as"):
        desk.bars("BTC", since="soon")

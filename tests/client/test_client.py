"""The client says what the desk says of the same database."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import fbkit
from fbkit.client import Client
from fbkit.errors import ApiRefused, ServerGone, SettingError
from fbkit.model import NS_MIN
from tests.server.bare import TOKEN
from tests.server.conftest import BTC, ETH, START

pytestmark = [pytest.mark.xdist_group("bare"), pytest.mark.timeout(240)]


@pytest.fixture
def desk(asked):
    return fbkit.open(asked[1])


def same(mine, its, *, apart=()):
    """Equal values, index and columns; attributes are compared by who cares."""
    mine.attrs, its.attrs = {}, {}
    assert list(mine.columns) == list(its.columns)
    assert_frame_equal(mine.drop(columns=list(apart)), its.drop(columns=list(apart)), check_index_type=False)


def test_bars_are_the_desks(client, desk):
    mine = client.history(BTC, tf="1m")
    assert (mine.attrs["market"], mine.attrs["units"]["vol_usd"], len(mine)) == ("SIMULATED", "USD", 30)
    assert str(mine.index.tz) == "UTC"
    same(mine, desk.bars(BTC, tf="1m"))


def test_bars_of_a_span_and_the_last_ones_are_the_desks(client, desk):
    since, until = "2026-01-01T00:10:00Z", dt.datetime(2026, 1, 1, 0, 20, tzinfo=dt.UTC)
    same(client.history(BTC, since=since, until=until), desk.bars(BTC, since=since, until="2026-01-01T00:20Z"))
    same(client.history(BTC, last=3), desk.bars(BTC).tail(3))
    assert client.history(BTC, since="5m")["t1"].tolist() == [START + n * NS_MIN for n in range(26, 31)]
    assert client.history(BTC, until=START + NS_MIN)["close"].tolist() == [97_000.0]
    assert client.history(BTC, tf="1h").empty


def test_a_long_list_is_read_in_parts_and_whole(client, monkeypatch):
    monkeypatch.setattr("fbkit.client.client._PART", 7)
    assert client.history(BTC)["close"].tolist() == [97_000.0 + n for n in range(30)]
    assert client.history(BTC, last=15)["close"].tolist() == [97_000.0 + n for n in range(15, 30)]


def test_alerts_and_gaps_are_the_desks(client, desk):
    same(client.alerts(), desk.alerts(), apart=["inputs"])
    same(client.gaps(), desk.gaps())
    assert client.alerts(last=1)["sentence"].tolist() == ["BTC moved"]
    assert client.alerts(since="2027-01-01T00:00Z").empty


def test_the_summary_is_the_desks(client, desk):
    same(client.summary("1m"), desk.summary("1m"))


def test_metrics_are_the_newest_with_their_reasons(client):
    found = client.metrics("1m").set_index("instrument")
    assert found.loc[BTC, "rsi_14"] == 55.5
    assert np.isnan(found.loc[BTC, "atr_14"])
    assert (found.loc[BTC, "reasons"]["atr_14"], found.loc[BTC, "n_rsi_14"]) == ("warmup", 14)


def test_instruments_are_the_desks_and_say_what_is_offered(client, desk):
    mine, its = client.instruments(), desk.instruments()
    assert mine.index.tolist() == its.index.tolist() == [BTC, ETH]
    assert set(its.columns) - set(mine.columns) == {"doubts"}
    assert mine.loc[BTC, "tick"] == 0.1
    assert "binance" in mine.attrs["offers"]


def test_the_scorecard_is_the_desks(client, desk):
    mine, its = client.scorecard(by="rule"), desk.scorecard(by="rule")
    assert (mine.attrs["seed_base"], mine.attrs["n_base"]) == (its.attrs["seed"], its.attrs["n_base"])
    columns = ["rule", "horizon", "n_alerts", "n_open", "says"]
    assert mine[columns].to_dict("list") == its[columns].to_dict("list")
    assert client.scorecard(horizon=["5m", "1h"])["horizon"].tolist() == ["5m", "1h"]


def test_rules_and_a_coin_across_venues(client, desk):
    assert client.rules()["tier"].tolist() == [1, 2, 3, 4, 5, 6]
    mine, its = client.across("BTC", tf="1m"), desk.across("BTC", tf="1m")
    assert mine.index.tolist() == its.index.tolist()
    assert set(its.columns) <= set(mine.columns)


def test_health_is_one_row_for_the_whole_then_one_a_stream(client, desk):
    mine, its = client.health(), desk.health()
    assert list(mine.columns) == list(its.columns)
    assert mine["state"].tolist() == its["state"].tolist() == ["down"]
    assert (mine.attrs["market"], client.health_state()["running"]) == ("SIMULATED", False)
    assert client.status()["collector"]["heard"] is False


def test_what_the_server_refuses_is_said_in_its_own_sentence(client):
    with pytest.raises(
        ApiRefused, match="the server answered 404: no instrument named 'binance:BTC-USD-PERP'; did you"
    ):
        client.history("binance:BTC-USD-PERP")
    with pytest.raises(ApiRefused, match="no timeframe named '2m'") as refused:
        client.summary("2m")
    assert (refused.value.status, refused.value.error) == (404, "UnknownName")
    with pytest.raises(SettingError, match="an age such as 2h"):
        client.alerts(since="yesterday")


def test_a_wrong_token_and_an_absent_server_are_said(asked):
    with Client(asked[0].address, "wrong") as stranger, pytest.raises(ApiRefused, match="403"):
        stranger.health()
    with Client("http://127.0.0.1:9", TOKEN) as alone, pytest.raises(ServerGone, match="is `fbkit up` running there"):
        alone.health()


def test_its_words_are_those_of_the_desk():
    shared = {"instruments", "metrics", "summary", "alerts", "gaps", "health", "health_state", "scorecard", "status"}
    assert all(hasattr(fbkit.Desk, word) and hasattr(Client, word) for word in shared | {"across"})


def test_the_token_is_in_no_repr(client):
    assert TOKEN not in repr(client) + repr(client._link)
    assert repr(client).startswith("<Client of http://127.0.0.1:")


def test_an_empty_frame_still_has_an_index_to_look_at(client):
    assert isinstance(client.gaps(until="2026-01-01T00:00:01Z"), pd.DataFrame)

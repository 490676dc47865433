"""Tables of bars: columns, zones, rows that cannot be, and what the engine makes of minutes."""

import gzip
import json
import math

import pytest

import fbkit
from fbkit.cli import run as run_command
from fbkit.clock import parse_utc
from fbkit.errors import MarketMismatch, SettingError, StoreError, TableRefused
from fbkit.ingest.csv import read_table, tf_of
from fbkit.ingest.importing import import_csv
from fbkit.model import NS_HOUR, NS_MIN
from fbkit.settings import load_settings

BTC = "binance:BTC-USDT-PERP"
HEAD = "time,open,high,low,close,volume"


@pytest.fixture
def write(tmp_path):
    def made(*rows, head=HEAD, name="bars.csv"):
        path = tmp_path / name
        text = "\n".join([head, *rows]) + "\n"
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return made


@pytest.fixture
def store_it(tmp_path):
    url = f"sqlite:///{(tmp_path / 'imported.db').as_posix()}"

    def stored(path, **how):
        return import_csv(path, url, load_settings(db=url), **{"instrument": BTC, **how}), fbkit.open(url)

    return stored


def bar(time, price=100.0):
    return f"{time},{price},{price + 2},{price - 2},{price + 1},5"


def hours(*names):
    return [bar(f"2026-01-01 {name}:00:00") for name in names]


def times(table):
    return [(one - parse_utc("2026-01-01T00:00:00Z")) // NS_HOUR for one in table.series[0].t0.tolist()]


# -- columns ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    ["Open Time,Open,High,Low,Close,Volume", "timestamp,o,h,l,c,v", "date_utc,OPEN,HIGH,LOW,CLOSE,base-volume"],
)
def test_columns_are_known_by_the_names_people_give_them(write, head):
    table = read_table(write(*hours("00", "01"), head=head), instrument=BTC)
    assert table.columns["close"] == head.split(",")[4]
    assert table.series[0].rows["volume"].tolist() == [5.0, 5.0]


def test_a_column_that_is_lacking_is_named_with_those_there_are(write):
    path = write("2026-01-01,1,2,3", head="Datum,open,high,low")
    with pytest.raises(TableRefused, match=r"header: no column for time, close; .*there are: Datum, open, high, low"):
        read_table(path, instrument=BTC)


def test_columns_may_be_stated_and_a_wrong_word_names_the_allowed_ones(write):
    path = write(*hours("00", "01"), head="Datum,a,b,c,d,e")
    stated = {"time": "Datum", "open": "a", "high": "b", "low": "c", "close": "d"}
    assert "volume" not in read_table(path, instrument=BTC, columns=stated).columns
    with pytest.raises(SettingError, match="allowed: time, venue, symbol"):
        read_table(path, instrument=BTC, columns={"zeit": "Datum"})
    with pytest.raises(SettingError, match="Datum, a, b"):
        read_table(path, instrument=BTC, columns={"time": "Zeit"})


@pytest.mark.parametrize(
    ("how", "words"),
    [({"tz": "Mars/Base"}, "Europe/London"), ({"label": "middle"}, "open .*close"), ({"tf": "8 hours"}, "8h"),
     ({"instrument": "BTC"}, "binance:BTC-USDT-PERP")],
)  # fmt: skip
def test_a_wrong_word_is_one_message_with_what_is_allowed(write, how, words):
    with pytest.raises(SettingError, match=words):
        read_table(write(*hours("00", "01")), **{"instrument": BTC, **how})


@pytest.mark.parametrize(
    ("symbol", "kind", "name"),
    [("BTC/USDT", "spot", "BTC-USDT-SPOT"), ("BTCUSDT", "perpetual", "BTC-USDT-PERP"),
     ("ethusdc", "perpetual", "ETH-USDC-PERP"), ("BTCUSDCM", "perpetual", "BTC-USD-PERP"),
     ("BTC-USDT-261225", "future", "BTC-USDT-261225"), ("BTC-USDT-SWAP", "perpetual", "BTC-USDT-PERP")],
)  # fmt: skip
def test_instruments_are_told_by_venue_symbol_and_contract(write, symbol, kind, name):
    rows = [f"{one},okx,{symbol},{kind}" for one in hours("00", "01")]
    (one,) = read_table(write(*rows, head=f"{HEAD},exchange,pair,contract")).series
    assert one.listing.instrument == f"okx:{name}"
    assert one.listing.assumed, "a table does not say what a contract is"


def test_a_symbol_whose_coins_cannot_be_told_apart_is_named(write):
    rows = [f"{one},okx,XYZ" for one in hours("00", "01")]
    with pytest.raises(TableRefused, match="line 2, column 'pair': 'XYZ' does not say which coin"):
        read_table(write(*rows, head=f"{HEAD},exchange,pair"))


# -- times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stamps",
    [("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"), ("2026-01-01 02:00:00+02:00", "2026-01-01 03:00:00+02:00"),
     ("1767225600", "1767229200"), ("1767225600000", "1767229200000"),
     ("1767225600000000000", "1767229200000000000")],
)  # fmt: skip
def test_instants_are_read_as_they_are_written(write, stamps):
    table = read_table(write(*map(bar, stamps)), instrument=BTC, tz="Asia/Tokyo")
    assert times(table) == [0, 1]


def test_a_bar_may_be_named_by_its_end(write):
    assert times(read_table(write(*hours("00", "01")), instrument=BTC, label="close")) == [-1, 0]


def test_local_times_go_through_both_changes_of_the_clocks(write):
    spring = ["2026-03-29 00:00", "2026-03-29 02:00", "2026-03-29 03:00"]
    table = read_table(write(*map(bar, spring)), instrument=BTC, tz="Europe/London")
    assert table.series[0].missing == 0, "00:00 UTC, then 01:00, which London calls 02:00"


def test_an_hour_that_came_twice_is_read_as_even_steps_allow_and_said(write):
    autumn = ["2023-10-28 17:00", "2023-10-29 01:00", "2023-10-29 08:00", "2023-10-29 16:00"]
    table = read_table(write(*map(bar, autumn)), instrument=BTC, tz="Europe/London")
    assert table.length == 8 * NS_HOUR
    assert table.series[0].missing == 0
    assert any("1 rows lie in an hour that came twice" in one for one in table.said)


@pytest.mark.parametrize("turned", [False, True])
def test_an_hour_that_stands_there_twice_is_both_in_order(write, turned):
    autumn = ["2026-10-25 00:00", "2026-10-25 01:00", "2026-10-25 01:00", "2026-10-25 02:00"]
    rows = [bar(one, 100.0 + at) for at, one in enumerate(autumn)]
    table = read_table(write(*(rows[::-1] if turned else rows)), instrument=BTC, tz="Europe/London")
    (one,) = table.series
    assert (one.missing, one.duplicates) == (0, 0)
    assert one.rows["open"].tolist() == [100.0, 101.0, 102.0, 103.0]


def test_an_hour_that_came_twice_and_fits_both_ways_is_not_guessed(write):
    rows = map(bar, ["2026-10-24 22:00", "2026-10-24 23:00", "2026-10-25 01:00", "2026-10-25 03:00"])
    with pytest.raises(TableRefused, match=r"line 4, column 'time'.*came twice.*UTC or with an offset"):
        read_table(write(*rows), instrument=BTC, tz="Europe/London")


def test_an_hour_that_never_was_is_named_or_left_out_and_said(write):
    path = write(*map(bar, ["2026-03-29 00:00", "2026-03-29 01:30", "2026-03-29 02:00", "2026-03-29 03:00"]))
    with pytest.raises(TableRefused, match=r"line 3, column 'time'.*Europe/London passed over"):
        read_table(path, instrument=BTC, tz="Europe/London")
    table = read_table(path, instrument=BTC, tz="Europe/London", skip_bad=True)
    assert table.skipped == 1
    assert any("line 3" in one for one in table.said)


def test_the_wrong_zone_is_noticed_where_clocks_change(write):
    days = map(
        bar, ["2026-03-28 00:00", "2026-03-28 08:00", "2026-03-28 16:00", "2026-03-29 00:00", "2026-03-29 09:00"]
    )
    with pytest.raises(TableRefused, match=r"line 6, column 'time'.*not whole steps of 8h.*say the zone"):
        read_table(write(*days), instrument=BTC)


# -- rows -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "column", "why"),
    [("2026-01-01 01:00,1,2,0.5,x,5", "close", "is no number"), ("2026-01-01 01:00,1,2,0,1,5", "low", "is no price"),
     ("2026-01-01 01:00,3,2,1,1,5", "open", "is above the high"),
     ("2026-01-01 01:00,1,3,2,2,5", "open", "below the low"),
     ("2026-01-01 01:00,1,2,0.5,1,-5", "volume", "below zero"), ("yesterday,1,2,0.5,1,5", "time", "is no time"),
     ("2026-01-01 01:00,1,inf,0.5,1,5", "high", "is no number"),
     ("2026-01-01 01:00,1,,0.5,1,5", "high", "is no price")],
)  # fmt: skip
def test_a_row_that_cannot_be_is_named_with_line_and_column_or_left_out(write, row, column, why):
    path = write(*hours("00"), row, *hours("02", "03", "04"))
    with pytest.raises(TableRefused, match=f"line 3, column '{column}'.*{why}"):
        read_table(path, instrument=BTC)
    table = read_table(path, instrument=BTC, skip_bad=True)
    assert (table.skipped, times(table)) == (1, [0, 2, 3, 4])
    assert table.series[0].missing == 1


def test_rows_in_disorder_and_rows_said_twice_are_counted(write):
    table = read_table(write(*hours("02", "00", "01", "01", "03")), instrument=BTC)
    (one,) = table.series
    assert (times(table), one.unsorted, one.duplicates) == ([0, 1, 2, 3], 3, 1)


def test_one_time_with_two_prices_is_not_chosen_from(write):
    path = write(*hours("00", "01"), bar("2026-01-01 01:00:00", 200.0), *hours("02"))
    with pytest.raises(
        TableRefused, match=r"line 4, column 'time'.*twice for binance:BTC-USDT-PERP, with other values"
    ):
        read_table(path, instrument=BTC)


@pytest.mark.parametrize("text", ["", HEAD + "\n", "\x00\x01\x02"])
def test_what_is_no_table_is_said_and_never_a_traceback(tmp_path, text):
    path = tmp_path / "none.csv"
    path.write_text(text)
    with pytest.raises(TableRefused, match=r"none\.csv"):
        read_table(path, instrument=BTC)
    with pytest.raises(TableRefused, match="it is not there"):
        read_table(tmp_path / "nowhere.csv", instrument=BTC)


# -- into the store ---------------------------------------------------------------------------------------------------


def minutes(n, start="2026-01-01T00:00:00Z", price=100.0):
    t0 = parse_utc(start)
    for at in range(n):
        p = price + math.sin(at) * 3
        yield f"{(t0 + at * NS_MIN) // 10**9},{p},{p + 1},{p - 1},{p + 0.5},2,{200 + at % 7},{90 + at % 5},{7 + at % 3}"


MINUTES = "time,open,high,low,close,volume,quote_volume,taker_buy_quote_volume,count"


def test_minutes_go_through_the_engine_and_become_every_timeframe(write, store_it):
    n = 3 * 24 * 60
    found, desk = store_it(write(*minutes(n), head=MINUTES, name="m.csv.gz"))
    assert (found.bars, found.tf) == (n, "1m")
    one = desk.bars(BTC, "1m")
    assert len(one) == n
    assert set(one["source"]) == {"venue"}
    assert one["close_usd" if "close_usd" in one else "close"].notna().all()
    assert len(desk.bars(BTC, "1h")) == 72
    hour = desk.bars(BTC, "1h").iloc[5]
    kept = one[(one["t1"] > hour["t0"]) & (one["t1"] <= hour["t1"])]
    assert hour["vol_usd"] == pytest.approx(kept["vol_usd"].sum(), rel=1e-12)
    assert len(desk.bars(BTC, "1d")) == 3
    assert desk.gaps()["phase"].eq("backfilled").all()
    assert not desk.summary("1m").empty
    assert desk.status()["balanced"]


def test_the_same_minutes_judged_on_their_own_grid_are_what_the_engine_was_given(write, store_it):
    _, desk = store_it(write(*minutes(500), head=MINUTES))
    engine, own = desk.bars(BTC, "1m"), desk.imported(BTC)
    assert own.index.equals(engine.index)
    assert own["ret"].to_numpy().tolist()[1:] == engine["ret"].to_numpy().tolist()[1:], "to the bit"
    assert own.attrs["coverage"] == 1.0


def test_what_is_stored_already_is_not_stored_again_and_a_dry_run_stores_nothing(write, store_it, tmp_path):
    path = write(*hours("00", "01", "02"))
    _, desk = store_it(path)
    more = write(*hours("01", "02", "03"), name="more.csv")
    plan = desk.import_csv(more, instrument=BTC, dry_run=True)
    assert (plan.bars, plan.series[0].known, plan.dry_run) == (1, 2, True)
    assert desk.store.table_counts()["venue_bars"] == 3
    done = desk.import_csv(more, instrument=BTC)
    assert (done.bars, done.series[0].known) == (1, 2)
    assert len(desk.imported(BTC)) == 4
    assert "1 bars" in repr(done)
    assert "2 known" in repr(done)


def test_funding_and_open_interest_stand_beside_their_bar_and_what_is_blank_is_missing(write, store_it):
    rows = [
        f"{one},{rate},{1000 + at}"
        for at, (one, rate) in enumerate(zip(hours("00", "08", "16"), ["0.0001", "", "0.0003"], strict=True))
    ]
    found, desk = store_it(write(*rows, head=f"{HEAD},funding rate,open interest"))
    assert (found.series[0].funding, found.series[0].open_interest) == (2, 3)
    assert found.series[0].funding_hours == 16.0, "as their spacing says"
    frame = desk.imported(BTC)
    assert frame["funding_8h"].tolist()[0] == 0.0001 * 8 / 16
    assert math.isnan(frame["funding_8h"].iloc[1])
    assert frame["oi_base"].tolist() == [1000.0, 1001.0, 1002.0]


def test_older_minutes_cannot_follow_and_that_is_said_before_anything_is_stored(write, store_it):
    _, desk = store_it(write(*minutes(60, "2026-01-02T00:00:00Z"), head=MINUTES))
    before = desk.store.table_counts()
    with pytest.raises(StoreError, match="new database"):
        store_it(write(*minutes(60), head=MINUTES, name="older.csv"))
    assert desk.store.table_counts() == before


def test_a_simulated_database_takes_no_import(write, tmp_path, monkeypatch):
    monkeypatch.setenv("FBKIT_HOME", str(tmp_path / "home"))
    desk = fbkit.demo(instruments=2)
    with pytest.raises(MarketMismatch, match="to='sqlite"):
        desk.import_csv(write(*hours("00", "01")), instrument=BTC)


def test_the_command_answers_in_json_and_refuses_plainly(write, tmp_path, capsys):
    url = f"sqlite:///{(tmp_path / 'c.db').as_posix()}"
    path = str(write(*hours("00", "01", "02")))
    assert run_command(["import", path, "--db", url, "--instrument", BTC, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["bars"], told["market"], told["series"][0]["since"]) == (3, "RECORDED", "2026-01-01T00:00:00Z")
    assert run_command(["import", path, "--db", url, "--instrument", BTC]) == 0
    assert "3 rows: 0 bars stored" in capsys.readouterr().out
    assert run_command(["import", path, "--db", url]) == 1
    assert "no column says which instrument" in capsys.readouterr().err
    assert run_command(["import", path, "--db", url, "--tz", "Nowhere"]) == 2
    assert run_command(["import", path, "--db", url, "--column", "time"]) == 2


def test_a_length_is_said_by_its_largest_unit():
    assert [tf_of(one * NS_MIN) for one in (1, 90, 480, 1440)] == ["1m", "90m", "8h", "1d"]

"""C25: whatever is wrong with a setting is one message, and nothing was connected or written."""

import pytest

from fbkit.cli import run
from fbkit.errors import SettingError
from fbkit.settings import load_settings

#: What stands in ``fbkit.toml``; the key that is told; words of the message.
FILES = {
    "no TOML": ("nonsense", "fbkit.toml", ("a TOML file of settings",)),
    "half a line": ('venues = "sim', "fbkit.toml", ("a TOML file of settings",)),
    "no text": (b"\xff\xfe\x00", "fbkit.toml", ("a TOML file of settings",)),
    "key twice": ("seed = 1\nseed = 2\n", "fbkit.toml", ("a TOML file of settings",)),
    "unknown key": ('colour = "red"\n', "colour", ("one of", "venues", "cadence_ms")),
    "a table": ("[collector]\nseed = 7\n", "collector", ("one of", "venues")),
    "capital letters": ("Seed = 7\n", "Seed", ("one of", "seed")),
    "a word for a number": ('instruments = "many"\n', "instruments", ("many", "integer", "instruments a venue")),
    "too few": ("instruments = 0\n", "instruments", ("0", "greater than or equal to 1")),
    "too many": ("instruments = 1001\n", "instruments", ("1001", "less than or equal to 1000")),
    "a share above one": ("min_coverage = 1.5\n", "min_coverage", ("1.5", "less than or equal to 1")),
    "no number at all": ("min_coverage = nan\n", "min_coverage", ("nan",)),
    "a negative seed": ("seed = -1\n", "seed", ("-1", "greater than or equal to 0")),
    "one of several words": ('synchronous = "MAYBE"\n', "synchronous", ("MAYBE", "NORMAL", "FULL")),
    "another library": ('transport = "aiohttp"\n', "transport", ("aiohttp", "picows", "websockets")),
    "a list for a text": ('venues = ["binance"]\n', "venues", ("binance", "string")),
    "an unknown venue": ('venues = "kraken"\n', "venues", ("kraken", "binance", "ccxt.NAME")),
    "a venue twice": ('venues = "binance,binance"\n', "venues", ("binance,binance",)),
    "none simulated": ('venues = "sim:0"\n', "venues", ("sim:0", "from 1 to 1000")),
    "an unencrypted address": ('okx_ws = "ws://ws.okx.com"\n', "okx_ws", ("ws://ws.okx.com", "127.0.0.1")),
    "no address": ('okx_rest = "okx"\n', "okx_rest", ("okx", "https://")),
    "no port": ("port = 70000\n", "port", ("70000", "65535")),
    "a reading nobody doubts": ('flipped = "binance.trade"\n', "flipped", ("binance.trade", "out of")),
}


@pytest.fixture
def nobody_connects(monkeypatch):
    """Whoever opens a database, a feed or a socket fails the test."""

    def never(*_, **__):
        pytest.fail("it went on with settings that are wrong")

    for place in ("socket.socket.connect", "fbkit.store.open_writer", "fbkit.ingest.venues.make_transport"):
        monkeypatch.setattr(place, never)


@pytest.mark.faults("C25")
@pytest.mark.parametrize("case", FILES)
def test_a_wrong_file_is_one_message_and_exit_2_before_anything_else(case, home, capsys, nobody_connects):
    text, key, words = FILES[case]
    (home / "fbkit.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert run(["collect", "--for", "1s"]) == 2
    out, err = capsys.readouterr()
    said = " ".join(err.split())
    assert out == ""
    assert "Traceback" not in err
    assert said.count("is not possible") == 1
    for word in (key, *words):
        assert word in said
    assert [path.name for path in home.iterdir()] == ["fbkit.toml"], "nothing was begun"


@pytest.mark.faults("C25")
@pytest.mark.parametrize("name", ["MIN_COVERAGE", "LATENESS_MS", "QUEUE_ITEMS", "BACKFILL_HOURS", "CADENCE_MS", "PORT"])
def test_a_wrong_variable_is_told_the_same_way(name, monkeypatch, capsys, home, nobody_connects):
    monkeypatch.setenv(f"FBKIT_{name}", "-3")
    assert run(["collect"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert name.lower() in said
    assert "-3" in said
    assert list(home.iterdir()) == []


@pytest.mark.faults("C25")
@pytest.mark.parametrize(
    "text", ['token = ["hunter2"]\n', 'token = {a = "hunter2"}\n', "token = 1234567\n", 'tokn = "hunter2"\n']
)
def test_a_secret_is_masked_even_where_its_key_is_misspelt(text, home, capsys, nobody_connects):
    (home / "fbkit.toml").write_text(text)
    assert run(["collect"]) == 2
    said = "".join(capsys.readouterr())
    assert "tok" in said
    assert "hunter2" not in said
    assert "1234567" not in said


@pytest.mark.faults("C25")
def test_the_password_of_a_database_is_masked(capsys, nobody_connects, monkeypatch):
    monkeypatch.setenv("FBKIT_DB", "mysql://collector:hunter2@db.example/market")
    code = run(["collect"])
    said = "".join(capsys.readouterr())
    assert code == 2
    assert "db" in said
    assert "hunter2" not in said


@pytest.mark.faults("C25")
def test_a_file_that_may_not_be_read_is_said(home, monkeypatch):
    (home / "fbkit.toml").write_text("seed = 7\n")

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_text", refused)
    with pytest.raises(SettingError, match=r"fbkit\.toml.*Permission denied"):
        load_settings()


@pytest.mark.faults("C25")
def test_arguments_come_before_the_environment_and_that_before_the_file(home, monkeypatch):
    (home / "fbkit.toml").write_text("seed = 1\ninstruments = 1\nlateness_ms = 1\n")
    monkeypatch.setenv("FBKIT_INSTRUMENTS", "2")
    monkeypatch.setenv("FBKIT_LATENESS_MS", "2")
    settings = load_settings(lateness_ms=3)
    assert (settings.seed, settings.instruments, settings.lateness_ms) == (1, 2, 3)

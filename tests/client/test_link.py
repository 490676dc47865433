"""Where a server is, out of what people have at hand."""

import os

import pytest

from fbkit.client.link import Link, link_to
from fbkit.errors import SettingError


def test_the_link_that_up_prints_is_enough():
    link = link_to("http://127.0.0.1:8899/fbkit/?token=abc", None)
    assert link == Link("http://127.0.0.1:8899", "abc")
    assert (link.api, link.stream) == ("http://127.0.0.1:8899/fbkit/api/", "ws://127.0.0.1:8899/fbkit/api/stream")


def test_an_address_below_a_path_stays_below_it():
    assert link_to("https://desk.example/team/fbkit/", "t").api == "https://desk.example/team/fbkit/api/"
    assert link_to("https://desk.example/team", "t").stream == "wss://desk.example/team/fbkit/api/stream"


def test_the_token_given_wins_then_the_links_then_the_environments(monkeypatch):
    monkeypatch.setenv("FBKIT_TOKEN", "environment")
    link = "http://127.0.0.1:1/fbkit/?token=link"
    assert [link_to(link, "given").token, link_to(link, None).token] == ["given", "link"]
    assert link_to("http://127.0.0.1:1", None).token == "environment"


@pytest.mark.parametrize(
    ("url", "token", "sentence"),
    [
        ("http://desk.example", "t", "plain http:// to this machine alone"),
        ("desk.example", "t", "an address such as"),
        ("ftp://127.0.0.1", "t", "an address such as"),
        ("https://desk.example", None, "the whole link that `fbkit up` prints"),
    ],
)
def test_what_will_not_do_is_said(url, token, sentence):
    with pytest.raises(SettingError) as error:
        link_to(url, token)
    assert sentence in str(error.value)


def test_without_an_address_it_is_the_newest_server_of_this_home(home):
    with pytest.raises(SettingError, match="start one with `fbkit up`"):
        link_to(None, None)
    folder = home / "runtime"
    folder.mkdir()
    for age, port in ((20, 1), (10, 2)):
        file = folder / f"server-{port}.url"
        file.write_text(f"http://127.0.0.1:{port}/fbkit/?token=t{port}\n")
        os.utime(file, (1_000_000 - age, 1_000_000 - age))
    assert link_to(None, None) == Link("http://127.0.0.1:2", "t2")

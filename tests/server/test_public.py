"""``--public``: only with a token somebody chose; then behind a proxy's name and TLS, with every other rule kept."""

import os
import socket

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from fbkit.cli import run
from fbkit.errors import PortBusy, SettingError
from fbkit.server.config import server_config
from fbkit.server.launch import up
from fbkit.server.public import check_public
from fbkit.settings import load_settings
from tests.server.bare import TOKEN, Bare
from tests.server.conftest import fill

pytestmark = [pytest.mark.faults("S1"), pytest.mark.xdist_group("bare"), pytest.mark.timeout(240)]

NAME = "desk.example"
PROXIED = {"Host": NAME, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}


def test_s1_public_without_a_token_is_exit_2_with_what_to_do_and_nothing_starts(home, capsys):
    assert run(["up", "--public"]) == 2
    said = capsys.readouterr().err
    assert "set FBKIT_TOKEN" in said
    assert "TLS" in said
    assert list(home.iterdir()) == []


def test_s1_an_empty_token_is_none(monkeypatch):
    monkeypatch.setenv("FBKIT_TOKEN", "")
    with pytest.raises(SettingError, match="with a token alone"):
        up(load_settings(), port=0, public=True)


@pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX")
def test_s1_a_token_in_a_file_that_others_read_is_none(home):
    file = home / "fbkit.toml"
    file.write_text('token = "chosen-by-me"\n')
    file.chmod(0o644)
    with pytest.raises(SettingError, match="chmod 600"):
        check_public(load_settings())
    file.chmod(0o600)
    check_public(load_settings())


def test_s1_without_public_nothing_but_this_machine_whatever_the_token():
    settings = load_settings(token="chosen-by-me")
    alone = server_config(settings, port=0, token="chosen-by-me", collect=False).ServerApp
    assert (alone.ip, alone.allow_remote_access, alone.trust_xheaders) == ("127.0.0.1", False, False)
    public = server_config(settings, port=0, token="chosen-by-me", collect=False, public=True).ServerApp
    assert (public.ip, public.allow_remote_access) == ("0.0.0.0", True)
    assert (public.disable_check_xsrf, public.allow_unauthenticated_access, public.allow_origin) == (False, False, "")


def test_s1_public_asks_for_the_port_where_it_will_listen(monkeypatch):
    asked = []

    def taken(_, address):
        asked.append(address[0])
        raise OSError("taken")

    monkeypatch.setattr(socket.socket, "bind", taken)
    for public in (False, True):
        with pytest.raises(PortBusy):
            up(load_settings(token="chosen-by-me"), port=8899, public=public)
    assert asked == ["127.0.0.1", "0.0.0.0"]


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """A server as ``--public`` makes it (listening here alone, as tests do)."""
    root = tmp_path_factory.mktemp("public")
    url = f"sqlite:///{(root / 'public.db').as_posix()}"
    fill(url)
    server = Bare(root, url, public=True)
    yield server
    server.end()


def test_s1_behind_a_proxy_its_name_and_its_pages_are_answered(public):
    with public.client(headers=PROXIED) as http:
        assert http.get("/fbkit/api/health").status_code == 200
        own = {"Origin": f"https://{NAME}"}
        assert http.get("/fbkit/api/health", headers=own).status_code == 200
        assert http.get("/fbkit/api/health", headers={"Origin": "https://evil.example"}).status_code == 403
        assert http.get("/fbkit/api/health", headers={"Origin": f"https://{NAME}:8443"}).status_code == 403


def test_s1_behind_tls_the_cookie_is_for_tls_alone(public):
    with public.client(headers=PROXIED) as http:
        http.headers.pop("Authorization")
        answer = http.get("/fbkit/market", params={"token": TOKEN})
        assert answer.status_code == 302
        assert all("Secure" in cookie for cookie in answer.headers.get_list("Set-Cookie") if "username" in cookie)


def test_s1_without_the_token_a_stranger_gets_nothing(public):
    with public.client(headers=PROXIED) as http:
        http.headers.pop("Authorization")
        assert http.get("/fbkit/api/health").status_code == 403
        assert http.get("/fbkit/").headers["Location"].startswith("/login?")
        assert http.post("/api/kernels", json={}).status_code == 403


def test_s1_the_stream_opens_for_the_proxys_own_pages_alone(public):
    def opened(origin):
        headers = {**PROXIED, "Authorization": f"token {TOKEN}", "Origin": origin}
        headers.pop("Host")
        with (
            socket.create_connection(("127.0.0.1", public.port)) as raw,
            connect(f"ws://{NAME}/fbkit/api/stream?topics=live", sock=raw, additional_headers=headers, proxy=None),
        ):
            return 101

    assert opened(f"https://{NAME}") == 101
    with pytest.raises(InvalidStatus) as answer:
        opened("https://evil.example")
    assert answer.value.response.status_code == 403

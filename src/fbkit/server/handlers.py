"""The doors of the HTTP API. A handler authenticates, authorises, asks the manager and answers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

from fbkit.server.answer import Answer
from fbkit.server.page import Page, page_of
from fbkit.server.prometheus import CONTENT_TYPE_LATEST
from fbkit.server.routes import Route
from fbkit.server.statuses import status_of

log = logging.getLogger(__name__)

#: Where a browser that was given the link ends up.
PAGE = "voila/render/notebooks/30_dashboard.ipynb"

#: Headers that a refusal must bear.
_WITH = {405: {"Allow": "GET"}, 426: {"Upgrade": "websocket"}}

#: Words of an address that are not the page's choices: the server's token, and the theme, which the page reads itself.
_TOKEN, _THEME = "token", "theme"


def foreign(headers: Mapping[str, str]) -> bool:
    """Whether a request was made by a page of somebody else, token or not.

    >>> foreign({"Host": "127.0.0.1:8899", "Origin": "http://127.0.0.1:8899"}), foreign({"Host": "127.0.0.1:8899"})
    (False, False)
    >>> foreign({"Host": "127.0.0.1:8899", "Origin": "https://evil.example"})
    True
    """
    origin = headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("Host", "").lower()


class Plainly(JupyterHandler):
    """Says what went wrong as JSON: one sentence, and never a traceback."""

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Let the table of statuses decide when the error is one of ours."""
        error = (kwargs.get("exc_info") or (None, None, None))[1]
        super().send_error((error and status_of(error)) or status_code, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The sentence of an error of ours, the reason of an HTTP error, and never a traceback."""
        error = (kwargs.get("exc_info") or (None, None, None))[1]
        sentence = self._reason
        if error is not None and status_of(error) is not None:
            sentence = str(error)
        elif isinstance(error, web.HTTPError) and error.log_message:
            sentence = error.log_message % error.args if error.args else error.log_message
        self.set_header("Content-Type", "application/json")
        for name, value in _WITH.get(status_code, {}).items():
            self.set_header(name, value)
        self.finish(msgspec.json.encode({"error": type(error).__name__ if error else "", "message": sentence}))

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """One line for what we have a sentence for; a traceback in the log for what we did not expect."""
        if value is not None and status_of(value) is not None:
            log.warning("%s: %s", self.request.path, value)
        else:
            super().log_exception(typ, value, tb)


class Ask(Plainly, APIHandler):
    """Puts one question to the manager."""

    auth_resource = "fbkit"

    #: What this API answers; the base would name every method in ``Allow``.
    SUPPORTED_METHODS = ("GET",)

    def initialize(self, route: Route) -> None:
        """Remember what this route asks."""
        self._route = route

    async def prepare(self) -> None:  # type: ignore[override]  # as APIHandler has it
        """Refuse who comes from a foreign page before anything is looked at."""
        if foreign(self.request.headers):
            raise web.HTTPError(403, "cross-origin requests are not answered")
        await super().prepare()

    @web.authenticated
    @authorized
    async def get(self, *names: str) -> None:
        """Answer."""
        given = {name: self.get_query_argument(name, strip=False) for name in self.request.query_arguments}
        page = page_of(given, self._route.words)
        self._tell(page, await self._route.ask(page, *names))

    def _tell(self, page: Page, answer: Answer) -> None:
        if answer.items is not None:
            self.set_header("Content-Range", page.content_range(answer.items, answer.total))
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(msgspec.json.encode(answer.body))


class Scrape(Ask):
    """The same for a Prometheus: text in its format."""

    def _tell(self, page: Page, answer: Answer) -> None:
        self.set_header("Cache-Control", "no-store")
        self.finish(answer.text, set_content_type=CONTENT_TYPE_LATEST)


class Door(JupyterHandler):
    """``/fbkit/?token=…``: lets a browser in and sends it on to the page, whose own URL bears no token.

    ``/fbkit/<slug>?i=…&tf=…`` leads to the page at that tab with these choices.
    """

    auth_resource = "fbkit"

    @web.authenticated
    @authorized
    async def get(self, slug: str = "") -> None:
        """Go on to the page."""
        from fbkit.dashboard.tabs import TABS

        known = [name for name, _, _ in TABS]
        if slug and slug not in known:
            raise web.HTTPError(404, f"no page named {slug!r}; there are {', '.join(known)}")
        words = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        self.redirect(url_path_join(self.base_url, PAGE) + place_of(slug, words))


def place_of(slug: str, words: Mapping[str, str]) -> str:
    """What stands behind the page's path so that it shows a tab with choices.

    >>> place_of("instrument", {"token": "secret", "i": "binance:BTC-USDT-PERP", "theme": "light"})
    '?theme=light#/instrument?i=binance%3ABTC-USDT-PERP'
    >>> place_of("", {"token": "secret"})
    ''
    """
    chosen = {name: text for name, text in words.items() if name not in {_TOKEN, _THEME}}
    query = f"?{urlencode({_THEME: words[_THEME]})}" if _THEME in words else ""
    tab = f"#/{slug or 'market'}" if slug or chosen else ""
    return f"{query}{tab}{'?' if chosen else ''}{urlencode(sorted(chosen.items()))}"

"""The doors of the HTTP API. A handler authenticates, authorises, asks the manager and answers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

from fbkit.errors import UnknownName
from fbkit.server.manager import Answer, Manager
from fbkit.server.page import Page, page_of
from fbkit.server.prometheus import CONTENT_TYPE_LATEST
from fbkit.server.statuses import status_of

log = logging.getLogger(__name__)

#: Where a browser that was given the link ends up.
PAGE = "voila/render/notebooks/30_dashboard.ipynb"

#: The one route that is answered in text.
SCRAPED = "prometheus"

Question = Callable[..., Awaitable[Answer]]


def foreign(headers: Mapping[str, str]) -> bool:
    """Whether a request was made by a page of somebody else, token or not.

    >>> foreign({"Host": "127.0.0.1:8899", "Origin": "http://127.0.0.1:8899"}), foreign({"Host": "127.0.0.1:8899"})
    (False, False)
    >>> foreign({"Host": "127.0.0.1:8899", "Origin": "https://evil.example"})
    True
    """
    origin = headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("Host", "").lower()


class Ask(APIHandler):
    """Puts one question to the manager."""

    auth_resource = "fbkit"

    def initialize(self, question: Question) -> None:
        """Remember the question this route asks."""
        self._question = question

    async def prepare(self) -> None:  # type: ignore[override]  # as APIHandler has it
        """Refuse who comes from a foreign page before anything is looked at."""
        if foreign(self.request.headers):
            raise web.HTTPError(403, "cross-origin requests are not answered")
        await super().prepare()

    @web.authenticated
    @authorized
    async def get(self, *names: str) -> None:
        """Answer."""
        page = page_of({name: self.get_query_argument(name) for name in self.request.query_arguments})
        self._tell(page, await self._question(page, *names))

    def _tell(self, page: Page, answer: Answer) -> None:
        if answer.items is not None:
            self.set_header("Content-Range", page.content_range(answer.items, answer.total))
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(msgspec.json.encode(answer.body))

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


class Scrape(Ask):
    """The same for a Prometheus: text in its format."""

    def _tell(self, page: Page, answer: Answer) -> None:
        self.set_header("Cache-Control", "no-store")
        self.finish(answer.text, set_content_type=CONTENT_TYPE_LATEST)


class Door(JupyterHandler):
    """``/fbkit/?token=…``: lets a browser in and sends it on to the page, whose own URL bears no token."""

    auth_resource = "fbkit"

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Go on to the page."""
        self.redirect(url_path_join(self.base_url, PAGE))


async def nowhere(_page: Page, route: str) -> Answer:
    """The question nobody asks: a route that is none is said as JSON too."""
    raise UnknownName("route", f"/fbkit/api/{route}")


def questions(manager: Manager) -> dict[str, Question]:
    """Every question by the route that asks it, below ``/fbkit/api/``. ``openapi.yaml`` lists the same."""
    return {
        "health": manager.health,
        "status": manager.status,
        "metrics": manager.metrics,
        "summary": manager.summary,
        "quant/summary": manager.summary,
        "instruments": manager.instruments,
        "history/([^/]+)": manager.history,
        "gaps": manager.gaps,
        "alerts": manager.alerts,
        "reports": manager.reports,
        "continuity": manager.continuity,
        SCRAPED: manager.prometheus,
    }

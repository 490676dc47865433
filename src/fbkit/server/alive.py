"""A page asks whether its kernel is there; that it asks is the sign that somebody looks at it."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from fbkit.server.handlers import Plainly, foreign
from fbkit.server.reaper import Reaper


class Alive(Plainly, APIHandler):
    """``/fbkit/alive/<kernel id>``: ``{"here": true}`` while there is such a kernel.

    A page on a busy machine takes its time from its first line to its connection; its kernel waits for it.
    """

    auth_resource = "fbkit"

    def initialize(self, reaper: Reaper) -> None:
        """Remember who is to hear of it."""
        self._reaper = reaper

    @web.authenticated
    @authorized
    async def get(self, kernel_id: str) -> None:
        """Answer."""
        if foreign(self.request.headers):
            raise web.HTTPError(403, "cross-origin requests are not answered")
        self.set_header("Cache-Control", "no-store")
        self.finish({"here": self._reaper.hear(kernel_id)})

"""Files a page needs, served once and kept by the browser: plotly's bundle from its own package, and ours."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from jupyter_server.base.handlers import FileFindHandler
from tornado import web

_DAY_S = 86_400
_YEAR_S = 31_536_000
_SERVED = frozenset({".js", ".css", ".map", ".svg", ".woff2", ".png"})


def static_roots() -> list[str]:
    """Where the files lie, ours first."""
    fbkit, plotly = Path(str(resources.files("fbkit"))), Path(str(resources.files("plotly")))
    ours = [fbkit / "dashboard" / "static", fbkit / "widgets" / "static", fbkit / "widgets"]
    return [str(folder) for folder in [*ours, plotly / "package_data"] if folder.is_dir()]


class Static(FileFindHandler):
    """A file by name; only kinds a page loads, only to who is let in. ``?v=`` marks a version that never changes."""

    auth_resource = "fbkit"

    def set_headers(self) -> None:
        """A year where a version stands in the URL, else a day; private, because it took a token to come here."""
        super().set_headers()
        kept = f"max-age={_YEAR_S}, immutable" if self.get_query_argument("v", "") else f"max-age={_DAY_S}"
        self.set_header("Cache-Control", f"private, {kept}")

    @web.authenticated
    async def get(self, path: str, include_body: bool = True) -> None:  # type: ignore[override]  # noqa: FBT001, FBT002
        """The file."""
        self._only_served(path)
        await web.StaticFileHandler.get(self, path, include_body)

    @web.authenticated
    async def head(self, path: str) -> None:  # type: ignore[override]  # the base declares Awaitable[None]
        """Its headers."""
        self._only_served(path)
        await web.StaticFileHandler.get(self, path, include_body=False)

    @staticmethod
    def _only_served(path: str) -> None:
        if Path(path).suffix not in _SERVED:
            raise web.HTTPError(404)

"""The Jupyter Server extension: routes, reaper, the collector's kernel, and the connections to the hub."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from tornado.ioloop import PeriodicCallback
from traitlets import Bool, Instance, Unicode

from fbkit.hub import OwnerLink
from fbkit.runtime import database_url
from fbkit.server.alive import Alive
from fbkit.server.collector_kernel import CollectorKernel
from fbkit.server.handlers import Ask, Door, Scrape
from fbkit.server.manager import Manager
from fbkit.server.plain import plain
from fbkit.server.reaper import Reaper
from fbkit.server.routes import NOWHERE, SCRAPED, routes
from fbkit.server.static import Static, static_roots
from fbkit.server.stream import Stream
from fbkit.server.voice import Voice
from fbkit.settings import Settings, load_settings

_LOOK_MS = 1000


class FbkitExtension(ExtensionApp):
    """fbkit inside a Jupyter Server.

    With ``collect`` (``fbkit up`` sets it) the collector's notebook is run in a kernel and the collector kept alive.
    """

    name = "fbkit"
    description = "REST, stream and static files of fbkit; ends the kernels that visitors leave behind"
    extension_url = "/fbkit/"

    collect = Bool(False, help="run the collector's notebook in a kernel, and keep the collector alive").tag(
        config=True
    )
    database = Unicode("", help="database URL; empty: that of the settings").tag(config=True)
    chosen = Instance(Settings, help="the settings of fbkit; default: from environment and fbkit.toml").tag(config=True)

    def _chosen_default(self) -> Settings:
        return load_settings()

    def initialize_settings(self) -> None:
        """Make what the routes need. Nothing runs yet."""
        url = self.database or database_url(self.chosen)
        server: Any = self.serverapp
        self.voice = Voice(self.chosen, url)
        self.manager = Manager(self.chosen, url, self.voice, kernel=self._server_state)
        self.kernel = CollectorKernel(server.session_manager, server.kernel_manager, Path(server.root_dir))
        self.reaper = Reaper(server.kernel_manager, self._in_session, time.monotonic)
        self.owner: OwnerLink | None = None
        self._url = url
        # Notebooks in Lab find the charts' library here, instead of fetching it over each widget's own connection.
        pages = server.web_app.settings.setdefault("page_config_data", {})
        pages["fbkitStatic"] = f"{server.base_url}fbkit/static/"
        self._looking: PeriodicCallback | None = None

    def initialize_handlers(self) -> None:
        """Every route of ours."""
        asks = [
            (rf"/fbkit/api/{pattern}", Scrape if pattern == SCRAPED else Ask, {"route": route})
            for pattern, route in routes(self.manager).items()
        ]
        self.handlers.extend(
            [
                *asks,
                (r"/fbkit/api/stream", Stream, {"voice": self.voice, "manager": self.manager}),
                (r"/fbkit/api/(.*)", Ask, {"route": NOWHERE}),
                (r"/fbkit/static/(.*)", Static, {"path": static_roots()}),
                (r"/fbkit/alive/([0-9a-f-]{36})", Alive, {"reaper": self.reaper}),
                (r"/fbkit/?", Door),
                (r"/fbkit/([^/]+)", Door),
            ]
        )

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        self.voice.start()
        self._looking = PeriodicCallback(self.reaper.look, _LOOK_MS)
        self._looking.start()
        if self.collect:
            self.owner = OwnerLink(self.chosen, self._url)
            self.kernel.start()

    async def stop_extension(self) -> None:
        """Let go of everything. Safe to call twice."""
        if self._looking is not None:
            self._looking.stop()
        await self.kernel.stop()
        await self.voice.stop()
        owner, self.owner = self.owner, None
        if owner is not None:
            await asyncio.to_thread(owner.close)
        self.manager.close()

    async def _in_session(self) -> set[str]:
        sessions = await self.serverapp.session_manager.list_sessions()  # type: ignore[union-attr]  # linked by then
        return {session["kernel"]["id"] for session in sessions}

    def _server_state(self) -> dict[str, Any]:
        server: Any = self.serverapp
        kernels = server.kernel_manager.list_kernel_ids()
        return {
            "server": {
                "kernels": len(kernels),
                "kernels_ended": self.reaper.ended,
                "collector_kernel": plain(self.kernel.state),
                "owns_collector": bool(self.owner and self.owner.held),
            }
        }

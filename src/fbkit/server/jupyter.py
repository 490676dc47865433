"""Jupyter Server as ``fbkit up`` runs it."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import Any

# jsonschema's check of URI formats, which nothing here uses, compiles a grammar for most of a second when imported.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None is how an import is refused

from jupyter_server.serverapp import ServerApp  # noqa: E402 - behind the line above
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager  # noqa: E402 - likewise
from traitlets import Bool, Unicode  # noqa: E402 - likewise

#: What the command line of a viewer's kernel says beside the usual: no debugger, no history of what was typed.
VIEWER_ARGUMENTS = (
    "--IPKernelApp.kernel_class=fbkit.server.viewer_kernel.ViewerKernel",
    "--HistoryManager.enabled=False",
)

#: What its environment says beside the usual: big arrays go back to the system at once, and threads share a heap.
VIEWER_ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "131072",
    "MALLOC_TRIM_THRESHOLD_": "131072",
    "OPENBLAS_NUM_THREADS": "1",
}

#: Voila tells a page's kernel this, and nobody else does.
_VIEWED, _TOKEN = "VOILA_REQUEST_URL", "FBKIT_TOKEN"


class UpServer(ServerApp):
    """A ServerApp that leaves signals to :mod:`fbkit.server.launch`: stopping takes no question and loses nothing."""

    no_browser_open_file = Bool(True, help="no file with the token for a browser that is not opened")

    def init_signal(self) -> None:
        """Touch no signal."""


class UpKernels(AsyncMappingKernelManager):
    """Kernels whose own standard output goes into a log: what a cell prints is shown in its notebook all the same.

    Those that Voila starts are a viewer's: small, for there may be many of them.
    """

    log_path = Unicode("", help="the file kernels write to; empty: the server's own terminal").tag(config=True)

    async def start_kernel(self, **given: Any) -> str:  # type: ignore[override]  # the base's is made of another name
        """Start a kernel; the log stays open, for a restart uses it again."""
        if _VIEWED in (given.get("env") or {}):
            given["env"] = {**given["env"], **VIEWER_ENVIRONMENT}
            given["env"].pop(_TOKEN, None)  # a page asks the store and the hub, never the server
            given["extra_arguments"] = [*given.get("extra_arguments", ()), *VIEWER_ARGUMENTS]
        if self.log_path:
            given |= {"stdout": self._log, "stderr": self._log}
        return await super().start_kernel(**given)

    @cached_property
    def _log(self) -> int:
        return os.open(self.log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)

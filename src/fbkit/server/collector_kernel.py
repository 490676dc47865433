"""The kernel that collects: a session on the collector's notebook, run once at the server's start.

Whoever opens that notebook in Lab is attached to this same kernel.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import msgspec
import nbformat

log = logging.getLogger(__name__)

#: The notebook, as Jupyter's contents know it.
NOTEBOOK = "notebooks/10_collect.ipynb"

_READY_S = 60.0
_CELL_S = 120.0


class KernelState(msgspec.Struct, frozen=True):
    """``absent``, ``starting``, ``running`` or ``failed``; why, where it failed."""

    state: str = "absent"
    kernel_id: str = ""
    sentence: str = ""


class CollectorKernel:
    """Starts the session and runs the notebook's cells in it, in the background."""

    def __init__(self, sessions: Any, kernels: Any, root: Path, notebook: str = NOTEBOOK) -> None:
        self.state = KernelState()
        self._sessions, self._kernels = sessions, kernels
        self._root, self._notebook = root, notebook
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, on the running loop. A task without a reference may be collected, so it is kept."""
        self.state = KernelState("starting")
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop running cells. The kernel itself ends with the server's others."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            await self._start_and_run()
        except Exception as error:
            log.exception("the collector's notebook could not be run")
            self._failed(f"{self._notebook}: {type(error).__name__}: {error}")

    async def _start_and_run(self) -> None:
        notebook = nbformat.read(self._root / self._notebook, as_version=4)  # type: ignore[no-untyped-call]  # ships none
        kernel_name = notebook.metadata.get("kernelspec", {}).get("name", "python3")
        session = await self._sessions.create_session(
            path=self._notebook, name=Path(self._notebook).name, type="notebook", kernel_name=kernel_name
        )
        kernel_id = session["kernel"]["id"]
        self.state = KernelState("starting", kernel_id)
        client = self._kernels.get_kernel(kernel_id).client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=_READY_S)
            for number, cell in enumerate(notebook.cells):
                if cell.cell_type == "code" and not await self._run_cell(client, number, cell.source):
                    return
            self.state = KernelState("running", kernel_id)
        finally:
            client.stop_channels()

    async def _run_cell(self, client: Any, number: int, source: str) -> bool:
        reply = await client.execute_interactive(source, allow_stdin=False, timeout=_CELL_S, output_hook=_unheard)
        content = reply["content"]
        if content["status"] != "error":
            return True
        self._failed(f"{self._notebook}, cell {number}: {content['ename']}: {content['evalue']}")
        return False

    def _failed(self, sentence: str) -> None:
        log.warning("%s", sentence)
        self.state = KernelState("failed", self.state.kernel_id, sentence)


def _unheard(message: dict[str, Any]) -> None:
    """What the cells show is seen by whoever opens the notebook and runs them; it is not printed here."""

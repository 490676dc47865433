"""Whether the page is live: opened as a browser would, its kernel heard to push, while the hub's values flow."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from fbkit.errors import NotLive, ServerError
from fbkit.server.extension import FbkitExtension
from fbkit.server.handlers import PAGE

_KERNEL = re.compile(rb'"kernelId":\s*"([0-9a-f-]{36})"')
_BROKEN = b"There was an error when executing cell"
_LOOK_S = 0.2


class FirstLight:
    """Waits for the first live data on the page.

    Opens the page with the token, finds the kernel behind it, and listens for an update of its widgets after the hub
    has sent live values. The kernel it opened is ended again.
    """

    def __init__(self, extension: FbkitExtension, address: str, token: str) -> None:
        self._extension, self._address, self._token = extension, address, token
        self._kernels: Any = extension.serverapp.kernel_manager  # type: ignore[union-attr]  # linked by then
        self._opened: str | None = None

    async def wait(self, give_up_s: float) -> None:
        """Return when the page is live; raises :class:`~fbkit.errors.NotLive`, or at once what failed."""
        watch = asyncio.create_task(self._until_failed())
        look = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(give_up_s):
                done, _ = await asyncio.wait({watch, look}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except TimeoutError as error:
            raise NotLive("the page is not live", give_up_s, self._why()) from error
        finally:
            watch.cancel()
            look.cancel()
            await asyncio.gather(watch, look, return_exceptions=True)
            await self._tidy()

    async def _look(self) -> None:
        kernel_id = await self._open_page()
        client = self._kernels.get_kernel(kernel_id).client()
        client.start_channels(shell=False, iopub=True, stdin=False, hb=False, control=False)
        try:
            await self._extension.voice.wait_live()
            while (await client.get_iopub_msg(timeout=None))["msg_type"] != "comm_msg":
                pass
        finally:
            client.stop_channels()

    async def _open_page(self) -> str:
        try:
            answer = await AsyncHTTPClient().fetch(
                f"{self._address}/{PAGE}",
                headers={"Authorization": f"token {self._token}"},
                request_timeout=0,
                follow_redirects=False,
            )
        except (HTTPClientError, OSError) as error:
            raise ServerError(f"the page {PAGE} cannot be shown ({error}); the server's log says more") from error
        found = _KERNEL.search(answer.body)
        self._opened = found[1].decode() if found else None
        if _BROKEN in answer.body:
            raise ServerError(f"a cell of the page {PAGE} failed; open that notebook in Lab and run it to see how")
        if self._opened is None:
            raise ServerError(f"the page {PAGE} names no kernel; is it the notebook fbkit ships?")
        return self._opened

    async def _until_failed(self) -> None:
        while True:
            if self._opened is not None:
                self._extension.reaper.hear(self._opened)  # as its page would, if a browser had opened it
            state = self._extension.kernel.state
            if state.state == "failed":
                raise ServerError(f"the collector did not start: {state.sentence}")
            await asyncio.sleep(_LOOK_S)

    def _why(self) -> str:
        voice = self._extension.voice
        if voice.hello is None:
            return f"{voice.why}; the collector's log lies in FBKIT_HOME/logs"
        return "the collector runs; open the page and look at its health line"

    async def _tidy(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None and opened in self._kernels:
            await self._kernels.shutdown_kernel(opened, now=True)

"""What may be said to a page's kernel over its websocket."""

from __future__ import annotations

import json
from typing import Any

from jupyter_server.services.kernels.connection.base import deserialize_binary_message, deserialize_msg_from_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

#: What widgets on a page need. Code is not among it: whoever injects a script into a page runs nothing in a kernel.
ALLOWED = frozenset({"kernel_info_request", "comm_open", "comm_msg", "comm_close", "comm_info_request"})


class PageKernelConnection(ZMQChannelsWebsocketConnection):
    """Drops ``execute_request`` and its kin where the kernel belongs to a page, not to a notebook in Lab.

    A page's kernel is one that belongs to no session; that is settled when the connection is made. Only a connection
    that was made is counted when it ends, or a kernel would pass for visited, or for left alone, for ever.
    """

    _page = True
    _counted = False

    async def prepare(self) -> None:
        """Find out whose kernel this is."""
        await super().prepare()  # type: ignore[no-untyped-call]  # Jupyter declares none
        sessions = await self.websocket_handler.settings["session_manager"].list_sessions()
        self._page = self.kernel_id not in {session["kernel"]["id"] for session in sessions}

    def connect(self) -> Any:
        """Connect to the kernel; from here on we are one of its connections."""
        self._counted = True
        return super().connect()

    def disconnect(self) -> Any:
        """Let go of the kernel. A browser that leaves before the connection stands takes nobody from the count."""
        counted, self._counted = self._counted, False
        kernels = self.multi_kernel_manager
        if not counted:
            # Once for ourselves, and once so that Jupyter does not take us for the last who leaves.
            kernels.notify_connect(self.kernel_id)
            kernels.notify_connect(self.kernel_id)
        super().disconnect()  # type: ignore[no-untyped-call]  # as above
        if not counted:
            kernels.notify_disconnect(self.kernel_id)

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Pass a message on to the kernel, or say in the log why not."""
        kind = self._kind(incoming_msg) if self._page else None
        if kind is not None and kind not in ALLOWED:
            self.log.warning("dropped %s for kernel %s: a page runs no code", kind, self.kernel_id)
            return
        super().handle_incoming_message(incoming_msg)

    def _kind(self, message: Any) -> str:
        try:
            if self.subprotocol == "v1.kernel.websocket.jupyter.org":
                _, parts = deserialize_msg_from_ws_v1(message)  # type: ignore[no-untyped-call]  # as above
                header = json.loads(parts[0])
            elif isinstance(message, bytes):
                header = deserialize_binary_message(message)["header"]  # type: ignore[no-untyped-call]  # as above
            else:
                header = json.loads(message)["header"]
            return str(header["msg_type"])
        except (ValueError, KeyError, TypeError, IndexError) as error:
            return f"something unreadable ({type(error).__name__})"

"""Jupyter Server as ``fbkit up`` runs it."""

from __future__ import annotations

from jupyter_server.serverapp import ServerApp


class UpServer(ServerApp):
    """A ServerApp that leaves signals to :mod:`fbkit.server.launch`: stopping takes no question and loses nothing."""

    def init_signal(self) -> None:
        """Touch no signal."""

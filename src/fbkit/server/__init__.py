"""One Jupyter Server for Lab, Voila, REST and the stream. Importing this starts nothing and imports no Jupyter."""

from __future__ import annotations

from typing import Any

__all__ = ["up"]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Where Jupyter Server finds us: ``--ServerApp.jpserver_extensions="{'fbkit.server': True}"``."""
    from fbkit.server.extension import FbkitExtension

    return [{"module": "fbkit.server.extension", "app": FbkitExtension}]


def __getattr__(name: str) -> Any:
    if name == "up":
        from fbkit.server.launch import up

        return up
    raise AttributeError(name)

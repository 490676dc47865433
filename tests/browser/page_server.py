"""A Jupyter Server with Voila alone, as fbkit's own sets it up, for pages on invented data: ``python -m`` this file.

Arguments: folder, port, token. It ends when its standard input closes.
"""

from __future__ import annotations

import os
import sys
import threading

from fbkit.dashboard import jupyter_path, voila_config


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main(folder: str, port: str, token: str) -> None:
    """Serve ``folder`` on 127.0.0.1 until standard input closes."""
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [str(jupyter_path()), os.environ.get("JUPYTER_PATH")]))
    from jupyter_server.serverapp import ServerApp
    from traitlets.config import Config

    threading.Thread(target=_end_with_parent, daemon=True).start()
    config = Config()
    config.ServerApp.ip = "127.0.0.1"
    config.ServerApp.port = int(port)
    config.ServerApp.port_retries = 0
    config.ServerApp.open_browser = False
    config.ServerApp.root_dir = folder
    config.ServerApp.allow_root = True
    config.ServerApp.jpserver_extensions = {"voila.server_extension": True}
    config.IdentityProvider.token = token
    config.MappingKernelManager.buffer_offline_messages = False
    for name, value in voila_config().items():
        config.VoilaConfiguration[name] = value
    ServerApp.launch_instance(argv=[], config=config)


if __name__ == "__main__":
    main(*sys.argv[1:])

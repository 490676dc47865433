"""How the one Jupyter Server is set up: on this machine alone, behind a token, offline."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from traitlets.config import Config

from fbkit.runtime import workspace
from fbkit.settings import Settings

LOG_BYTES, LOG_FILES = 5_000_000, 3


#: Where a server listens that is for this machine alone, and one that is for others too.
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - only with --public, and a token somebody chose


def server_config(settings: Settings, *, port: int, token: str, collect: bool, public: bool = False) -> Config:
    """The configuration of ServerApp, Lab, Voila and our extension. The user's own config files cannot loosen it."""
    config = Config()
    config.ServerApp.update(_server(settings, port, public=public))
    config.IdentityProvider.token = token
    config.PasswordIdentityProvider.hashed_password = ""
    # After a disconnect the server would keep every message of a page's kernel that goes on pushing.
    config.MappingKernelManager.buffer_offline_messages = False
    config.UpKernels.log_path = str(settings.home / "logs" / "kernels.log")
    config.LabApp.update(_lab())
    config.VoilaConfiguration.update(_voila())
    # On a machine where many pages are opened at once, a kernel takes long to start and its output long to come.
    config.VoilaExecutor.update({"startup_timeout": 300, "iopub_timeout": 60})
    config.FbkitExtension.chosen = settings
    config.FbkitExtension.collect = collect
    config.Application.logging_config = logging_config(settings.home / "logs" / "server.log")
    return config


def _server(settings: Settings, port: int, *, public: bool) -> dict[str, Any]:
    return {
        "ip": EVERYWHERE if public else LOOPBACK,
        "port": port,
        "port_retries": 0,
        # Other names than this machine's are a proxy's, and answered only where somebody asked for that.
        "allow_remote_access": public,
        # A proxy says whether the browser spoke TLS to it; cookies are then for TLS alone.
        "trust_xheaders": public,
        # A tab that vanished without a word is noticed within half a minute.
        "tornado_settings": {"ws_ping_interval": 10_000, "ws_ping_timeout": 20_000},
        "allow_origin": "",
        "allow_origin_pat": "",
        "allow_credentials": False,
        "disable_check_xsrf": False,
        "allow_unauthenticated_access": False,
        "allow_root": True,  # in a container everybody is root; nobody comes in without the token
        "open_browser": False,
        "root_dir": str(workspace(settings)),
        "default_url": "/fbkit/",
        "answer_yes": True,
        "kernel_manager_class": "fbkit.server.jupyter.UpKernels",
        "kernel_websocket_connection_class": "fbkit.server.page_kernel.PageKernelConnection",
        "jpserver_extensions": {"jupyterlab": True, "voila.server_extension": True, "fbkit.server": True},
    }


def _lab() -> dict[str, Any]:
    return {
        "extension_manager": "readonly",
        "news_url": None,
        "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }


def _voila() -> dict[str, Any]:
    """The dashboard's own words on Voila, and what must hold whatever they are."""
    from fbkit.dashboard import voila_config

    return {**voila_config(plotly_served=True), "show_tracebacks": False, "strip_sources": True}


def logging_config(path: Path) -> dict[str, Any]:
    """Everything the server says goes into a file that turns over, readable by its owner; nothing to the terminal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handlers = ["file"]
    names = ("UpServer", "LabApp", "FbkitExtension", "fbkit", "py.warnings")
    return {
        "filters": {"farewell": {"()": "fbkit.server.quiet.QuietFarewell"}},
        "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
        "handlers": {
            "file": {
                "class": "fbkit.server.quiet.PrivateFile",
                "filename": str(path),
                "maxBytes": LOG_BYTES,
                "backupCount": LOG_FILES,
                "encoding": "utf-8",
                "formatter": "plain",
                "filters": ["farewell"],
                "level": "INFO",
            }
        },
        "loggers": {name: {"handlers": handlers, "level": "INFO", "propagate": False} for name in names},
    }


def kernel_environment(settings: Settings) -> dict[str, str]:
    """The settings as kernels and what they start read them. Secrets stay where they came from."""
    apart = {"token", "webhook", "workspace"}
    chosen = {name: getattr(settings, name) for name in type(settings).model_fields if name not in apart}
    words = {f"FBKIT_{name.upper()}": str(value) for name, value in chosen.items() if value is not None}
    return {**words, "FBKIT_WORKSPACE": str(workspace(settings)), **_jupyter_places()}


def _jupyter_places() -> dict[str, str]:
    """Where Jupyter looks first: the page's template, and Lab's defaults (it is to ask for no news)."""
    from fbkit.dashboard import jupyter_path

    ours = {"JUPYTER_PATH": jupyter_path(), "JUPYTER_CONFIG_PATH": Path(__file__).parent / "jupyter_config"}
    return {name: os.pathsep.join(filter(None, [str(place), os.environ.get(name, "")])) for name, place in ours.items()}

"""What a Jupyter Server must be told so that Voila shows our pages in our template, alone and offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fbkit.dashboard.layout import layout
from fbkit.widgets import style

_HERE = Path(__file__).parent / "template"


def jupyter_path() -> Path:
    """The folder to put on ``JUPYTER_PATH``: it holds ``voila/templates/fbkit``."""
    return _HERE


def template_path() -> Path:
    """The template itself.

    >>> sorted(path.name for path in template_path().iterdir())
    ['conf.json', 'index.html.j2', 'static']
    """
    return _HERE / "voila" / "templates" / "fbkit"


def voila_config(*, plotly_served: bool = False) -> dict[str, Any]:
    """Settings of ``VoilaConfiguration``.

    With ``plotly_served`` our extension serves ``<base_url>fbkit/static/plotly.min.js``, and pages fetch it there;
    without, each page gets it over its kernel's connection.

    >>> config = voila_config()
    >>> config["template"], config["show_tracebacks"], config["strip_sources"]
    ('fbkit', False, True)
    """
    return {
        "template": "fbkit",
        "theme": "dark",
        "show_tracebacks": False,
        "strip_sources": True,
        "show_margins": False,
        "allow_template_override": "NO",
        "allow_theme_override": "NO",
        # Charts and colours that a page never draws with, five megabytes of them.
        "extension_denylist": ["jupyterlab-plotly", "jupyterlab_pygments"],
        # Voila would serve pictures that lie beside a notebook; ours need none.
        "file_allowlist": ["$^"],
        "file_denylist": [".*"],
        "resources": {"fbkit": {"style": style(), "layout": layout()}},
        "page_config_hook": _served_hook if plotly_served else _alone_hook,
    }


def _alone_hook(current_page_config: dict[str, Any], base_url: str, **_: Any) -> dict[str, Any]:
    # An address of our own: an empty one is an error in the console, the stock one is a content network.
    current_page_config["fullMathjaxUrl"] = f"{base_url}voila/templates/fbkit/static/mathjax.js"
    return current_page_config


def _served_hook(current_page_config: dict[str, Any], base_url: str, **given: Any) -> dict[str, Any]:
    current_page_config["fbkitStatic"] = f"{base_url}fbkit/static/"
    return _alone_hook(current_page_config, base_url, **given)

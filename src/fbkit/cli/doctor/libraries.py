"""The two libraries that are chosen at start: the SQLite of this process, and the websockets."""

from __future__ import annotations

from fbkit.cli.doctor.finding import Finding

GROUP = "libraries"


def sqlite(version: str, module: str, warning: str | None) -> Finding:
    """Which SQLite this process uses; ``warning`` is what the store says of its version."""
    if warning:
        return Finding(GROUP, "warning", warning, "pip install pysqlite3, or a Python built with a newer SQLite")
    return Finding(GROUP, "ok", f"SQLite {version} through {module}")


def transport(asked: str, has_picows: bool) -> Finding:
    """Which websocket library will be taken."""
    if asked == "picows" and not has_picows:
        sentence = "the setting transport asks for picows, and it cannot be imported"
        return Finding(GROUP, "problem", sentence, "pip install picows, or set transport = auto")
    if asked == "websockets" or not has_picows:
        then = "" if has_picows else "pip install picows for less work a frame"
        return Finding(GROUP, "ok", "frames come through websockets", then)
    return Finding(GROUP, "ok", "frames come through picows")

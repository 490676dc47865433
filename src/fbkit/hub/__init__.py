"""Live values to whoever listens: the collector's hub, and how notebooks, page and server reach it."""

from fbkit.hub.client import Link, call, call_sync, connected, listen
from fbkit.hub.follow import follow
from fbkit.hub.messages import (
    COMMANDS,
    TOPICS,
    Commit,
    Do,
    Done,
    Gone,
    Hello,
    Live,
    LiveRow,
    Message,
    Pulse,
    decode,
    encode,
)
from fbkit.hub.owner import OwnerLink
from fbkit.hub.server import Hub

__all__ = [
    "COMMANDS",
    "TOPICS",
    "Commit",
    "Do",
    "Done",
    "Gone",
    "Hello",
    "Hub",
    "Link",
    "Live",
    "LiveRow",
    "Message",
    "OwnerLink",
    "Pulse",
    "call",
    "call_sync",
    "connected",
    "decode",
    "encode",
    "follow",
    "listen",
]

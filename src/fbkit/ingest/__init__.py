"""Feeds → sequence → store, engine, alerts, hub: the collector, and the same line for recordings and the demo."""

from fbkit.engine.stamp import code_stamp
from fbkit.ingest.child import run_headless
from fbkit.ingest.demo import Demo, run_demo
from fbkit.ingest.handle import CollectorHandle, ask_status, ensure_collector, find_collector
from fbkit.ingest.recording import Recorded, collect_recording
from fbkit.ingest.standing import standing

__all__ = [
    "CollectorHandle",
    "Demo",
    "Recorded",
    "ask_status",
    "code_stamp",
    "collect_recording",
    "ensure_collector",
    "find_collector",
    "run_demo",
    "run_headless",
    "standing",
]

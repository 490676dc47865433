"""The tabs of a page, a file each. Made when first shown: what a viewer never opens costs nothing."""

from __future__ import annotations

from importlib import import_module

from fbkit.dashboard.scene import Scene
from fbkit.dashboard.tab import Tab

#: Slug, title, and the class in ``fbkit.dashboard.<slug>.tab``; in the order of the keys 1 to 9.
TABS: tuple[tuple[str, str, str], ...] = (
    ("market", "Market", "MarketTab"),
    ("instrument", "Instrument", "InstrumentTab"),
    ("flow", "Flow", "FlowTab"),
    ("venues", "Across venues", "VenuesTab"),
    ("correlation", "Correlation", "CorrelationTab"),
    ("alerts", "Alerts", "AlertsTab"),
    ("status", "Status", "StatusTab"),
)


def make_tab(slug: str, scene: Scene) -> Tab:
    """The tab of that slug."""
    name = next(name for known, _, name in TABS if known == slug)
    tab: Tab = getattr(import_module(f"fbkit.dashboard.{slug}.tab"), name)(scene)
    return tab

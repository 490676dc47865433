"""Live widgets, one a file. They are handed frames and know no store; a notebook may use any of them alone."""

from fbkit.widgets.actions import Actions
from fbkit.widgets.alert_feed import AlertFeed
from fbkit.widgets.alert_history import AlertHistory, AlertLine, Explanation
from fbkit.widgets.alert_list import AlertList
from fbkit.widgets.assets import style
from fbkit.widgets.brand import Brand
from fbkit.widgets.caption import Caption
from fbkit.widgets.chart import SERIES_FIELDS, PlotStream
from fbkit.widgets.clock import Clock
from fbkit.widgets.controls import Control, Controls
from fbkit.widgets.foot import Foot
from fbkit.widgets.foot_line import FootLine
from fbkit.widgets.grid import Grid, GridColumn
from fbkit.widgets.health_badge import HealthBadge
from fbkit.widgets.heat import Heat
from fbkit.widgets.kpi import Kpi, KpiStrip
from fbkit.widgets.market_table import CLOSED_FIELDS, LIVE_FIELDS, REASONS, TABLE_JUDGED, TABLE_WINDOWS, MarketTable
from fbkit.widgets.mode import MARKETS, Mode
from fbkit.widgets.panel import Panel
from fbkit.widgets.plot import Plot
from fbkit.widgets.report import ReportShown, ReportView
from fbkit.widgets.score_card import ScoreCard, ScoreLine
from fbkit.widgets.status import StatusPanel
from fbkit.widgets.steps import Steps
from fbkit.widgets.timeline import TimeLine, Timeline, TimeMark, TimeSlot
from fbkit.widgets.toolbar import Toolbar
from fbkit.widgets.words import Words

__all__ = [
    "CLOSED_FIELDS",
    "LIVE_FIELDS",
    "MARKETS",
    "REASONS",
    "SERIES_FIELDS",
    "TABLE_JUDGED",
    "TABLE_WINDOWS",
    "Actions",
    "AlertFeed",
    "AlertHistory",
    "AlertLine",
    "AlertList",
    "Brand",
    "Caption",
    "Clock",
    "Control",
    "Controls",
    "Explanation",
    "Foot",
    "FootLine",
    "Grid",
    "GridColumn",
    "HealthBadge",
    "Heat",
    "Kpi",
    "KpiStrip",
    "MarketTable",
    "Mode",
    "Panel",
    "Plot",
    "PlotStream",
    "ReportShown",
    "ReportView",
    "ScoreCard",
    "ScoreLine",
    "StatusPanel",
    "Steps",
    "TimeLine",
    "TimeMark",
    "TimeSlot",
    "Timeline",
    "Toolbar",
    "Words",
    "style",
]

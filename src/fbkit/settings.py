"""What a user may choose: typed, with units, from the environment (``FBKIT_…``) or ``FBKIT_HOME/fbkit.toml``.

A wrong or unknown key is one message and exit 2, before anything connects.
"""

from __future__ import annotations

import os
import re
import tomllib
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from fbkit.errors import SettingError
from fbkit.model.timeframe import NS_DAY, NS_HOUR, NS_MIN, NS_MS, NS_S

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNIT_NS = {"ms": NS_MS, "s": NS_S, "m": NS_MIN, "h": NS_HOUR, "d": NS_DAY}

#: Venues fbkit has a room for, largest first. ``sim`` is the simulated market on their wires.
VENUES = ("binance", "bybit", "okx", "hyperliquid", "deribit", "bitget", "gate")

#: Keys whose values are never shown.
_SECRET = {"token", "webhook"}

#: Venues without a room, through ccxt: ``ccxt.krakenfutures``.
_LONG_TAIL = re.compile(r"ccxt\.[a-z0-9][a-z0-9_]*")

#: What ``sim`` shows unless told otherwise.
SIMULATED_VENUES = ("binance", "bybit", "okx")


def duration_ns(text: str, key: str = "duration") -> int:
    """A duration as users write it, in nanoseconds.

    >>> duration_ns("20ms"), duration_ns("7d") // NS_DAY
    (20000000, 7)
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise SettingError(key, text, "a number with ms, s, m, h or d: 20ms 60s 5m 2h 7d")
    return int(float(match[1]) * _UNIT_NS[match[2]])


def default_home() -> Path:
    """Where databases, runtime files and logs lie: ``FBKIT_HOME``, else the platform's place for local data."""
    chosen = os.environ.get("FBKIT_HOME")
    return (
        Path(chosen).expanduser().absolute() if chosen else Path(platformdirs.user_data_dir("fbkit", appauthor=False))
    )


class Settings(BaseSettings):
    """Every setting, with its default and unit."""

    model_config = SettingsConfigDict(env_prefix="FBKIT_", extra="forbid", frozen=True)

    home: Path = Field(default_factory=default_home, description="databases, runtime files, logs")
    workspace: Path | None = Field(None, description="notebooks, reports, continuity; default: found upward")
    db: str | None = Field(None, description="database URL; default: simulated.db or live.db in home")
    browser: str | None = Field(None, description="Chromium used by tests and screenshots")
    real_data: Path | None = Field(None, description="folder of real recordings for tests")

    venues: str = Field("sim", description="sim[:N|:all|:NAMES], or names joined by commas: binance,okx,ccxt.NAME")
    instruments: int = Field(90, ge=1, le=1000, description="instruments a venue, largest first")
    seed: int = Field(7, ge=0, description="seed of the simulated market")
    faults: Path | None = Field(None, description="script of faults that the simulated market plays, YAML or JSON")
    flipped: str = Field("", description="readings to turn round where a venue leaves them open: bitget.liquidation")

    cadence_ms: int = Field(
        100, ge=0, le=60_000, description="quotes kept one per this many ms of event time; 0 keeps all"
    )
    lateness_ms: int = Field(1000, ge=0, le=60_000, description="how long a bar waits for late events")
    min_coverage: float = Field(0.8, gt=0, le=1, description="share of a window that must be covered")
    backfill_hours: int = Field(48, ge=0, le=168, description="history fetched at a first start")
    queue_items: int = Field(200_000, ge=1000, description="bound of the queue before the writer")
    spill_mb: int = Field(512, ge=0, le=1_000_000, description="bound of the file behind that queue; 0 keeps none")
    rules: Path | None = Field(None, description="TOML file of alert rules; default: rules.toml in home, if there")
    webhook: SecretStr | None = Field(None, description="URL that each stored alert is sent to as JSON; https only")
    webhook_tier: int = Field(2, ge=1, le=6, description="least tier of the alerts that the webhook gets")
    transport: Literal["auto", "picows", "websockets"] = Field("auto", description="websocket library")
    synchronous: Literal["NORMAL", "FULL"] = Field("NORMAL", description="SQLite durability of each commit")
    max_mb: int = Field(0, ge=0, description="MB the database may take; kept to once an hour; 0: no bound")
    keep_ticks_days: int = Field(30, ge=0, description="days of events that `fbkit maintain` keeps; 0: all")
    keep_1m_days: int = Field(365, ge=0, description="days of 1m bars that `fbkit maintain` keeps; 0: all")

    binance_rest: str = Field("https://fapi.binance.com", description="Binance USD-M REST base URL")
    binance_ws: str = Field("wss://fstream.binance.com", description="Binance USD-M websocket base URL")
    bybit_rest: str = Field("https://api.bybit.com", description="Bybit v5 REST base URL")
    bybit_ws: str = Field("wss://stream.bybit.com", description="Bybit v5 websocket base URL")
    okx_rest: str = Field("https://www.okx.com", description="OKX v5 REST base URL")
    okx_ws: str = Field("wss://ws.okx.com:8443", description="OKX v5 websocket base URL")
    hyperliquid_rest: str = Field("https://api.hyperliquid.xyz", description="Hyperliquid REST base URL")
    hyperliquid_ws: str = Field("wss://api.hyperliquid.xyz", description="Hyperliquid websocket base URL")
    deribit_rest: str = Field("https://www.deribit.com", description="Deribit v2 REST base URL")
    deribit_ws: str = Field("wss://www.deribit.com", description="Deribit v2 websocket base URL")
    bitget_rest: str = Field("https://api.bitget.com", description="Bitget v2 REST base URL")
    bitget_ws: str = Field("wss://ws.bitget.com", description="Bitget v2 websocket base URL")
    gate_rest: str = Field("https://api.gateio.ws", description="Gate v4 REST base URL")
    gate_ws: str = Field("wss://fx-ws.gateio.ws", description="Gate v4 websocket base URL")

    port: int = Field(8899, ge=0, le=65_535, description="port of the Jupyter Server; 0 takes a free one")
    token: SecretStr | None = Field(None, description="token of the server and of the hub; default: made anew")

    url_keys: ClassVar[tuple[str, ...]] = tuple(f"{venue}_{way}" for venue in VENUES for way in ("rest", "ws"))

    @field_validator(*url_keys)
    @classmethod
    def _encrypted_or_loopback(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme in {"https", "wss"} or (
            parts.scheme in {"http", "ws"} and parts.hostname in {"127.0.0.1", "localhost", "::1"}
        ):
            return value.rstrip("/")
        raise ValueError("https:// or wss://; plain http:// and ws:// only to 127.0.0.1")

    @field_validator("webhook")
    @classmethod
    def _encrypted_webhook(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(value.get_secret_value()) if value else None
        if parts is None or (parts.scheme == "https" and parts.hostname):
            return value
        if parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}:
            return value
        raise ValueError("https://; plain http:// only to 127.0.0.1")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment; the file comes in through :func:`load_settings`."""
        return (init_settings, env_settings)

    @cached_property
    def simulated(self) -> bool:
        """Whether the venues chosen are the simulated ones."""
        return self.venues.split(":", 1)[0] == "sim"

    @cached_property
    def venue_names(self) -> tuple[str, ...]:
        """The venues chosen, real or simulated, in their order."""
        text = self.venues.partition(":")[2] if self.simulated else self.venues
        if self.simulated and (not text or text.isdigit()):
            return SIMULATED_VENUES
        return VENUES if self.simulated and text == "all" else tuple(name.strip() for name in text.split(","))

    @cached_property
    def count(self) -> int:
        """Instruments to follow at each venue: ``sim:N`` or the setting ``instruments``."""
        wanted = self.venues.partition(":")[2]
        return int(wanted) if self.simulated and wanted.isdigit() else self.instruments

    @cached_property
    def flipped_at(self) -> dict[str, frozenset[str]]:
        """By venue, the channels to be read the other way."""
        pairs = [word.strip().partition(".") for word in self.flipped.split(",") if word.strip()]
        return {venue: frozenset(channel for at, _, channel in pairs if at == venue) for venue, _, _ in pairs}


def load_settings(**given: Any) -> Settings:
    """Read the settings: arguments, then environment, then ``fbkit.toml``, then defaults.

    Raises :class:`~fbkit.errors.SettingError` naming key, value (secrets masked) and what is allowed.
    """
    path = default_home() / "fbkit.toml"
    merged = _from_file(path) if path.is_file() else {}
    merged = {key: value for key, value in merged.items() if f"FBKIT_{key.upper()}" not in os.environ}
    merged |= {key: value for key, value in given.items() if value is not None}
    known = set(Settings.model_fields)
    for key in [*merged, *(name[6:].lower() for name in os.environ if name.startswith("FBKIT_"))]:
        if key not in known:
            raise SettingError(key, "…", f"one of {', '.join(sorted(known))}")
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        raise _told(error) from error
    _check_venues(settings.venues)
    return settings


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(str(path), str(error), "a TOML file of settings") from error


def _told(error: ValidationError) -> SettingError:
    first = error.errors(include_url=False)[0]
    key = str(first["loc"][0]) if first["loc"] else "settings"
    value = "****" if key in _SECRET else first.get("input")
    field = Settings.model_fields.get(key)
    about = f" ({field.description})" if field and field.description else ""
    return SettingError(key, value, f"{first['msg']}{about}")


def _check_venues(text: str) -> None:
    head, _, tail = text.partition(":")
    if head == "sim":
        if not tail or tail == "all" or (tail.isdigit() and 1 <= int(tail) <= 1000):
            return
        if all(name.strip() in VENUES for name in tail.split(",")):
            return
        raise SettingError(
            "venues", text, f"sim, sim:all, sim:N with N from 1 to 1000, or sim: and {', '.join(VENUES)}"
        )
    names = [name.strip() for name in text.split(",")]
    if len(set(names)) < len(names) or any(name not in VENUES and not _LONG_TAIL.fullmatch(name) for name in names):
        allowed = f"sim[:N|:all], or venues out of {', '.join(VENUES)} or ccxt.NAME joined by commas"
        raise SettingError("venues", text, allowed)
    for name in names:
        if name not in VENUES:
            _check_long_tail(name.removeprefix("ccxt."))


def _check_long_tail(name: str) -> None:
    """Whether ccxt is there and has the exchange, which its files tell without the two seconds of importing it."""
    spec = find_spec("ccxt")
    if name in VENUES:
        raise SettingError("venues", f"ccxt.{name}", f"{name}, for which fbkit has a room of its own")
    if spec is None:
        raise SettingError("venues", f"ccxt.{name}", 'ccxt.NAME once ccxt is there: pip install "fbkit[ccxt]"')
    places = spec.submodule_search_locations or []
    if not any(Path(place, "async_support", f"{name}.py").is_file() for place in places):
        raise SettingError("venues", f"ccxt.{name}", "an exchange by its name in ccxt: ccxt.krakenfutures")

"""What a user may choose: typed, with units, from the environment (``FBKIT_…``) or ``FBKIT_HOME/fbkit.toml``.

A wrong or unknown key is one message and exit 2, before anything connects.
"""

from __future__ import annotations

import os
import re
import tomllib
from functools import cached_property
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

#: Venues fbkit has a room for. ``sim`` is the simulated market on binance's wire.
VENUES = ("binance",)


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

    venues: str = Field("sim", description="sim[:N] or a list: binance")
    instruments: int = Field(90, ge=1, le=1000, description="instruments a venue, largest first")
    seed: int = Field(7, ge=0, description="seed of the simulated market")

    cadence_ms: int = Field(
        100, ge=0, le=60_000, description="quotes kept one per this many ms of event time; 0 keeps all"
    )
    lateness_ms: int = Field(1000, ge=0, le=60_000, description="how long a bar waits for late events")
    min_coverage: float = Field(0.8, gt=0, le=1, description="share of a window that must be covered")
    backfill_hours: int = Field(48, ge=0, le=168, description="history fetched at a first start")
    queue_items: int = Field(200_000, ge=1000, description="bound of the queue before the writer")
    transport: Literal["auto", "picows", "websockets"] = Field("auto", description="websocket library")
    synchronous: Literal["NORMAL", "FULL"] = Field("NORMAL", description="SQLite durability of each commit")

    binance_rest: str = Field("https://fapi.binance.com", description="Binance USD-M REST base URL")
    binance_ws: str = Field("wss://fstream.binance.com", description="Binance USD-M websocket base URL")

    port: int = Field(8899, ge=0, le=65_535, description="port of the Jupyter Server; 0 takes a free one")
    token: SecretStr | None = Field(None, description="token of the server and of the hub; default: made anew")

    url_keys: ClassVar[tuple[str, ...]] = ("binance_rest", "binance_ws")

    @field_validator("binance_rest", "binance_ws")
    @classmethod
    def _encrypted_or_loopback(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme in {"https", "wss"} or (
            parts.scheme in {"http", "ws"} and parts.hostname in {"127.0.0.1", "localhost", "::1"}
        ):
            return value.rstrip("/")
        raise ValueError("https:// or wss://; plain http:// and ws:// only to 127.0.0.1")

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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(str(path), str(error), "a TOML file of settings") from error


def _told(error: ValidationError) -> SettingError:
    first = error.errors(include_url=False)[0]
    key = str(first["loc"][0]) if first["loc"] else "settings"
    value = "****" if key == "token" else first.get("input")
    field = Settings.model_fields.get(key)
    about = f" ({field.description})" if field and field.description else ""
    return SettingError(key, value, f"{first['msg']}{about}")


def _check_venues(text: str) -> None:
    head, _, tail = text.partition(":")
    if head == "sim":
        if tail and not (tail.isdigit() and 1 <= int(tail) <= 1000):
            raise SettingError("venues", text, "sim or sim:N with N instruments from 1 to 1000")
        return
    for venue in text.split(","):
        if venue.strip() not in VENUES:
            raise SettingError("venues", text, f"sim[:N], or venues out of {', '.join(VENUES)} joined by commas")

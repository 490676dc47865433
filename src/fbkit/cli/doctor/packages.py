"""Python, the platform, and every package fbkit asks for beside what is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from packaging.requirements import Requirement

from fbkit.cli.doctor.finding import Finding

GROUP = "packages"

#: What an extra brings, in the words of somebody who wants it.
BRINGS = {
    "ccxt": "venues through ccxt: `--venues ccxt.krakenfutures`",
    "postgres": "PostgreSQL as the database: `--db postgresql://…`",
    "parquet": "archive and export as Parquet, and `desk.sql`",
}

#: Installed version by package name, ``None`` where it is not there.
Installed = Callable[[str], str | None]


def python(version: tuple[int, int, int], platform: str, least: tuple[int, int] = (3, 11)) -> Finding:
    """Whether this Python is one fbkit runs on.

    >>> python((3, 10, 1), "Linux x86_64").state
    'problem'
    """
    shown = ".".join(map(str, version))
    if version[:2] < least:
        wanted = ".".join(map(str, least))
        return Finding(GROUP, "problem", f"Python {shown} is too old", f"install Python {wanted} or newer")
    return Finding(GROUP, "ok", f"Python {shown} on {platform}")


def needed(requirements: Iterable[str], installed: Installed) -> Iterator[Finding]:
    """One finding for each package that is missing or too old; one for all that are fine; extras one by one."""
    fine = 0
    extras: dict[str, list[str]] = {}
    for text in requirements:
        requirement = Requirement(text)
        extra = _extra_of(requirement)
        if extra is None and not _applies(requirement):
            continue
        lack = _lack(requirement, installed(requirement.name))
        if extra is not None:
            extras.setdefault(extra, []).extend([lack] if lack else [])
        elif lack:
            yield Finding(GROUP, "problem", lack, "run `pip install --upgrade fbkit`, or `python dev.py install`")
        else:
            fine += 1
    yield Finding(GROUP, "ok", f"{fine} packages fbkit needs are there, each new enough")
    for extra, lacking in sorted(extras.items()):
        yield _told(extra, lacking)


def _told(extra: str, lacking: list[str]) -> Finding:
    brings = BRINGS.get(extra, "more")
    if lacking:
        sentence = f"extra {extra} is not installed: {brings}"
        return Finding(GROUP, "ok", sentence, f'pip install "fbkit[{extra}]", if you want that')
    return Finding(GROUP, "ok", f"extra {extra} is installed: {brings}")


def _lack(requirement: Requirement, version: str | None) -> str:
    """What is wrong with an installed version; empty where nothing is."""
    if version is None:
        return f"{requirement.name} is not installed"
    if not requirement.specifier.contains(version, prereleases=True):
        return f"{requirement.name} {version} is installed, {requirement.name}{requirement.specifier} is needed"
    return ""


def _extra_of(requirement: Requirement) -> str | None:
    if requirement.marker is None:
        return None
    named = [extra for extra in BRINGS if requirement.marker.evaluate({"extra": extra})]
    return named[0] if len(named) == 1 else None


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})

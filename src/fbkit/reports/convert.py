"""An executed notebook becomes Markdown with pictures and one self-contained page; its source stays behind.

Both come from the same outputs. A section of ours (:mod:`fbkit.reports.page`) offers Markdown, HTML and its pictures;
any other output (a frame, a figure) is converted as nbconvert converts it.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbconvert
from nbconvert import preprocessors
from nbformat import NotebookNode
from traitlets.config import Config

from fbkit.reports.page import FACTS_MIME, FILES_MIME, MASTHEAD
from fbkit.runtime import write_atomic

# nbconvert ships half its types.
_html_exporter: Any = nbconvert.HTMLExporter
_markdown_exporter: Any = nbconvert.MarkdownExporter
_extract: Any = preprocessors.ExtractOutputPreprocessor

#: Best first, for each of the two.
_FOR_MARKDOWN = ["text/markdown", "image/png", "image/svg+xml", "text/plain"]
_FOR_PAGE = ["text/html", "image/svg+xml", "image/png", "text/markdown", "text/plain"]

_TEMPLATES = Path(__file__).parent / "templates"


def convert(notebook: NotebookNode, name: str, folder: Path) -> None:
    """Write ``<name>_report.md``, ``<name>_report.html`` and every picture into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    _strip(notebook)
    for file, data in _files(notebook):
        write_atomic(folder / file, data)
    write_atomic(folder / f"{name}_report.md", _markdown(notebook, name, folder).encode())
    write_atomic(folder / f"{name}_report.html", _page(notebook, name).encode())


def numbers_of(notebook: NotebookNode) -> dict[str, Any]:
    """The facts the sections handed out, by section."""
    return {facts["section"]: facts["numbers"] for facts in _facts(notebook)}


def _strip(notebook: NotebookNode) -> None:
    """Take out what is not for readers: source, what was printed to standard error, papermill's own cells."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = ""
            cell.outputs = [out for out in cell.outputs if not (out.output_type == "stream" and out.name == "stderr")]


def _facts(notebook: NotebookNode) -> Iterator[dict[str, Any]]:
    for data in _bundles(notebook):
        if FACTS_MIME in data:
            yield data[FACTS_MIME]


def _files(notebook: NotebookNode) -> Iterator[tuple[str, bytes]]:
    for data in _bundles(notebook):
        for file, encoded in data.get(FILES_MIME, {}).items():
            yield Path(file).name, base64.b64decode(encoded)


def _bundles(notebook: NotebookNode) -> Iterator[dict[str, Any]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            yield output.get("data", {})


def _markdown(notebook: NotebookNode, name: str, folder: Path) -> str:
    config = Config()
    config.NbConvertBase.display_data_priority = _FOR_MARKDOWN
    config.TemplateExporter.exclude_input = True
    exporter = _markdown_exporter(config=config)
    exporter.register_preprocessor(_extract(), enabled=True)
    text, resources = exporter.from_notebook_node(notebook, resources={"unique_key": name, "output_files_dir": ""})
    for file, data in (resources.get("outputs") or {}).items():
        write_atomic(folder / Path(file).name, data)
    return _calm(text)


def _page(notebook: NotebookNode, name: str) -> str:
    config = Config()
    config.NbConvertBase.display_data_priority = _FOR_PAGE
    config.TemplateExporter.exclude_input = True
    config.HTMLExporter.exclude_anchor_links = True
    exporter = _html_exporter(config=config, template_name="fbkit_report", extra_template_basedirs=[str(_TEMPLATES)])
    masthead = next((data[MASTHEAD] for data in _bundles(notebook) if MASTHEAD in data), "")
    title = html.escape(f"{name} report")
    style = (_TEMPLATES / "fbkit_report" / "report.css").read_text("utf-8")
    text, _ = exporter.from_notebook_node(
        notebook, resources={"fbkit": {"masthead": masthead, "title": title, "style": style}}
    )
    return str(text)


def _calm(text: str) -> str:
    """No more than one empty line in a row, none at the end, none with blanks."""
    lines: list[str] = []
    for line in map(str.rstrip, text.splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip() + "\n"

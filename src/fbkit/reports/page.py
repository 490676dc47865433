"""What a section of a report is made of, and how it is written: once as Markdown, once as HTML, from the same pieces.

Text is a sequence of pieces: a plain ``str`` is data and is escaped for whoever reads it, :class:`B` is bold,
:class:`C` is code. So a venue's string never becomes markup, in either form.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec

FACTS_MIME = "application/vnd.fbkit.facts+json"
#: Files to lie beside the Markdown, base64 by name: pictures and attachments.
FILES_MIME = "application/vnd.fbkit.files+json"
#: The head of the page, over all sections; one section of a report carries it.
MASTHEAD = "application/vnd.fbkit.masthead"

# Underscores inside words and plus signs are left as they are: GitHub does, too.
_MARKS = re.compile(r"([\\`*\[\]<>|#~$&]|(?<!\w)_|_(?!\w)|(?<=\{)\{)")


class B(msgspec.Struct, frozen=True):
    """Bold."""

    text: str


class C(msgspec.Struct, frozen=True):
    """Code: a command, a name of a file, a hash."""

    text: str


class T(msgspec.Struct, frozen=True):
    """Text of a tone: ``up down ok warn bad mode dim``. In Markdown it is plain; its sign or word says it too."""

    text: str
    tone: str


Piece: TypeAlias = str | B | C | T
Line: TypeAlias = Piece | Sequence[Piece]


def plain_markdown(text: str) -> str:
    r"""Data as Markdown that shows it as it is.

    >>> plain_markdown("a|b <i> {{x}} z_ret_20")
    'a\\|b \\<i\\> {\\{x}} z_ret_20'
    """
    return _MARKS.sub(r"\\\1", text).replace("\n", " ")


def _pieces(line: Line) -> Sequence[Piece]:
    return (line,) if isinstance(line, str | B | C | T) else line


def markdown_of(line: Line) -> str:
    """A line as Markdown.

    >>> markdown_of([B("Down"), " since 3 h, ", C("fbkit up")])
    '**Down** since 3 h, `fbkit up`'
    """
    parts = []
    for piece in _pieces(line):
        match piece:
            case B(text):
                # Markdown's bold may not end in a blank.
                bare = text.rstrip()
                parts.append(f"**{plain_markdown(bare)}**{text[len(bare) :]}" if bare else text)
            case C(text):
                parts.append(f"`{text.replace('`', chr(39)).replace('|', chr(92) + '|')}`" if text else "")
            case T(text, _):
                parts.append(plain_markdown(text))
            case str():
                parts.append(plain_markdown(piece))
    return "".join(parts)


def html_of(line: Line) -> str:
    """A line as HTML.

    >>> html_of([B("a<b"), " ", T("−1.2", "down")])
    '<b>a&lt;b</b> <span class="down">−1.2</span>'
    """
    parts = []
    for piece in _pieces(line):
        match piece:
            case B(text):
                parts.append(f"<b>{html.escape(text)}</b>")
            case C(text):
                parts.append(f"<code>{html.escape(text)}</code>")
            case T(text, tone):
                parts.append(f'<span class="{html.escape(tone)}">{html.escape(text)}</span>')
            case str():
                parts.append(html.escape(piece))
    return "".join(parts)


def told(text: str) -> list[Piece]:
    """A sentence whose commands stand between backquotes, with these as code.

    >>> told("start it: `fbkit up`.")
    ['start it: ', C(text='fbkit up'), '.']
    """
    return [C(part) if place % 2 else part for place, part in enumerate(text.split("`")) if part]


class Words(msgspec.Struct, frozen=True):
    """A paragraph."""

    line: Line
    tone: str = ""

    def markdown(self) -> str:
        return markdown_of(self.line)

    def html(self) -> str:
        tone = f' class="{self.tone}"' if self.tone else ""
        return f"<p{tone}>{html_of(self.line)}</p>"


class Bullets(msgspec.Struct, frozen=True):
    """A list; numbered where order matters."""

    lines: Sequence[Line]
    numbered: bool = False

    def markdown(self) -> str:
        marks = (f"{n}." if self.numbered else "-" for n in range(1, len(self.lines) + 1))
        return "\n".join(f"{mark} {markdown_of(line)}" for mark, line in zip(marks, self.lines, strict=True))

    def html(self) -> str:
        tag = "ol" if self.numbered else "ul"
        return f"<{tag}>{''.join(f'<li>{html_of(line)}</li>' for line in self.lines)}</{tag}>"


class Grid(msgspec.Struct, frozen=True):
    """A table. A head that begins with ``>`` is of numbers, aligned right; ``tones`` are classes of cells, by place."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Line]]
    tones: dict[tuple[int, int], str] = {}
    dense: bool = False

    def markdown(self) -> str:
        heads = [plain_markdown(head.removeprefix(">")) for head in self.heads]
        rule = ["---:" if head.startswith(">") else "---" for head in self.heads]
        rows = [[markdown_of(cell) for cell in row] for row in self.rows]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))

    def html(self) -> str:
        right = [' class="n"' if head.startswith(">") else "" for head in self.heads]
        heads = "".join(
            f"<th{side}>{html.escape(head.removeprefix('>'))}</th>"
            for head, side in zip(self.heads, right, strict=True)
        )
        rows = "".join(f"<tr>{self._cells(place, row)}</tr>" for place, row in enumerate(self.rows))
        dense = ' class="dense"' if self.dense else ""
        return f'<div class="wide"><table{dense}><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'

    def _cells(self, place: int, row: Sequence[Line]) -> str:
        cells = []
        for column, cell in enumerate(row):
            classes = ["n"] if self.heads[column].startswith(">") else []
            if tone := self.tones.get((place, column)):
                classes.append(tone)
            mark = f' class="{" ".join(classes)}"' if classes else ""
            cells.append(f"<td{mark}>{html_of(cell)}</td>")
        return "".join(cells)


class Picture(msgspec.Struct, frozen=True):
    """A PNG with the words for those who do not see it, and a caption with units and window."""

    file: str
    png: bytes
    alt: str
    caption: str

    def markdown(self) -> str:
        return f"![{plain_markdown(self.alt)}]({self.file})\n\n*{plain_markdown(self.caption)}*"

    def html(self) -> str:
        data = base64.b64encode(self.png).decode()
        image = f'<img alt="{html.escape(self.alt, quote=True)}" src="data:image/png;base64,{data}">'
        return f"<figure>{image}<figcaption>{html.escape(self.caption)}</figcaption></figure>"


class Pairs(msgspec.Struct, frozen=True):
    """Names and what they are: a list in Markdown, a table without a head on the page."""

    pairs: Sequence[tuple[str, Line]]

    def markdown(self) -> str:
        return "\n".join(f"- **{plain_markdown(name)}**: {markdown_of(line)}" for name, line in self.pairs)

    def html(self) -> str:
        rows = "".join(f"<tr><td>{html.escape(name)}</td><td>{html_of(line)}</td></tr>" for name, line in self.pairs)
        return f'<div class="wide"><table class="pairs"><tbody>{rows}</tbody></table></div>'


class Attached(msgspec.Struct, frozen=True):
    """A file beside the report, and what it is."""

    file: str
    data: bytes
    line: Line

    def markdown(self) -> str:
        return f"[{self.file}]({self.file}): {markdown_of(self.line)}"

    def html(self) -> str:
        return f'<p><a href="{html.escape(self.file)}">{html.escape(self.file)}</a>: {html_of(self.line)}</p>'


class Raw(msgspec.Struct, frozen=True):
    """Two spellings of one thing that has no common form; whoever makes one escapes."""

    markdown_text: str
    html_text: str

    def markdown(self) -> str:
        return self.markdown_text

    def html(self) -> str:
        return self.html_text


Block: TypeAlias = Words | Bullets | Grid | Pairs | Picture | Attached | Raw


class Section:
    """Blocks in order, and the numbers they say, for programs."""

    def __init__(self, name: str, blocks: Sequence[Block], numbers: dict[str, Any], masthead: str = "") -> None:
        self.name, self.blocks, self.numbers, self.masthead = name, list(blocks), numbers, masthead

    def markdown(self) -> str:
        """The section as Markdown, pictures by their file names."""
        return "\n\n".join(block.markdown() for block in self.blocks)

    def html(self) -> str:
        """The section as HTML, pictures inside."""
        return f'<section id="{self.name}">{"".join(block.html() for block in self.blocks)}</section>'

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        files = {block.file: block.png for block in self.blocks if isinstance(block, Picture)}
        files |= {block.file: block.data for block in self.blocks if isinstance(block, Attached)}
        bundle: dict[str, Any] = {
            "text/markdown": self.markdown(),
            "text/html": self.html(),
            "text/plain": self.markdown(),
            FACTS_MIME: {"section": self.name, "numbers": msgspec.to_builtins(self.numbers)},
            FILES_MIME: {file: base64.b64encode(data).decode() for file, data in files.items()},
        }
        if self.masthead:
            bundle[MASTHEAD] = self.masthead
        return bundle

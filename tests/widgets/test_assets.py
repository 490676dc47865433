"""Our JavaScript and CSS as the browser gets them."""

import re
from pathlib import Path

import pytest

import fbkit.widgets
from fbkit.widgets.assets import module, style

HERE = Path(fbkit.widgets.__file__).parent
SOURCES = sorted(HERE.glob("*.js"))
ENTRIES = [path.name for path in SOURCES if "export default" in path.read_text("utf-8")]


@pytest.mark.parametrize("name", ENTRIES)
def test_a_module_stands_alone(name):
    text = module(name)
    assert not re.search(r"^import ", text, re.MULTILINE)
    assert len(re.findall(r"^export ", text, re.MULTILINE)) == 1
    assert text.count("function dress(") == 1


@pytest.mark.parametrize("name", ENTRIES)
def test_no_name_is_declared_twice_in_a_module(name):
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", module(name), re.MULTILINE)
    assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_text_enters_the_page_as_text_only(path):
    text = path.read_text("utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_nothing_is_fetched_from_outside(path):
    addresses = re.findall(r"https?://[^\s\"']+", path.read_text("utf-8"))
    assert [a for a in addresses if a != "http://www.w3.org/2000/svg"] == []


def test_colours_are_written_in_the_tokens_alone():
    for path in [*(sheet for sheet in HERE.glob("*.css") if sheet.name != "tokens.css"), *SOURCES]:
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b", path.read_text("utf-8")) == [], path.name


def test_the_style_sheet_leaves_the_rest_of_a_notebook_alone():
    blocks = re.sub(r"/\*.*?\*/", "", style(), flags=re.DOTALL)
    depth, rules, start = 0, [], 0
    for i, char in enumerate(blocks):
        if char == "{":
            if depth == 0:
                rules.append(blocks[start:i].strip())
            depth += 1
        elif char == "}":
            depth -= 1
            start = i + 1
    assert depth == 0
    outside = [rule for rule in rules if not rule.startswith("@") and ".fbkit" not in rule]
    assert outside == []


def test_each_theme_has_every_token():
    dark, light = re.findall(r"\{([^{}]*--bg:[^{}]*)\}", style())
    tokens = lambda text: set(re.findall(r"--([\w-]+):", text))  # noqa: E731 - said once, used twice
    shared = {"sans", "mono", "t11", "t12", "t13", "t15", "t20", "t26", "u", "row", "radius", "flash"}
    assert tokens(dark) - tokens(light) == shared

"""What a server is told so that pages are ours, alone and offline."""

import json
import re

from fbkit import dashboard
from fbkit.widgets import style


def test_the_template_lies_where_voila_looks_for_it():
    assert dashboard.jupyter_path() / "voila" / "templates" / "fbkit" == dashboard.template_path()
    conf = json.loads((dashboard.template_path() / "conf.json").read_text("utf-8"))
    assert conf == {"base_template": "lab"}


def test_pages_show_no_traceback_no_source_and_no_file():
    config = dashboard.voila_config()
    assert config["show_tracebacks"] is False
    assert config["strip_sources"] is True
    for name in ("30_dashboard.ipynb", "secret.png", "live.db"):
        assert not any(re.fullmatch(rule, name) for rule in config["file_allowlist"])
        assert any(re.fullmatch(rule, name) for rule in config["file_denylist"])


def test_nobody_chooses_another_template_by_the_address():
    config = dashboard.voila_config()
    assert config["allow_template_override"] == config["allow_theme_override"] == "NO"


def test_the_page_brings_the_style_sheet_of_the_widgets_along():
    assert dashboard.voila_config()["resources"]["fbkit"]["style"] == style()


def test_a_page_asks_for_plotly_only_where_it_is_served():
    alone = dashboard.voila_config()["page_config_hook"]({}, base_url="/a/", settings={}, log=None)
    served = dashboard.voila_config(plotly_served=True)["page_config_hook"]({}, base_url="/a/", settings={}, log=None)
    assert "fbkitStatic" not in alone
    assert served["fbkitStatic"] == "/a/fbkit/static/"
    assert alone["fullMathjaxUrl"] == served["fullMathjaxUrl"] == "/a/voila/templates/fbkit/static/mathjax.js"


def test_the_template_names_no_address_outside():
    for path in dashboard.template_path().rglob("*"):
        if path.is_file():
            assert not re.search(r"https?://", path.read_text("utf-8")), path.name


def test_the_page_writes_no_colour_of_its_own():
    page = (dashboard.template_path() / "static" / "page.css").read_text("utf-8")
    assert re.findall(r"#[0-9a-f]{6}\b", page) == []

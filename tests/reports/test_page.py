import markdown_it
import pytest

from fbkit.reports.page import B, Bullets, C, Grid, Pairs, Picture, Section, T, Words, told

HOSTILE = "<img src=x onerror=alert(1)>|*a*_b_`c`[d](e){{f}}~~g~~ &amp; \\ #"


@pytest.mark.faults("S6")
@pytest.mark.parametrize(
    "block",
    [
        Words([HOSTILE, B(HOSTILE), T(HOSTILE, "up")]),
        Bullets([HOSTILE]),
        Grid(["a", HOSTILE], [[HOSTILE, [B(HOSTILE)]]]),
        Pairs([(HOSTILE, HOSTILE)]),
    ],
)
def test_a_hostile_string_is_shown_as_it_is_and_is_no_markup(block):  # S6
    import html

    page = block.html()
    assert "<img" not in page
    assert html.escape(HOSTILE) in page
    shown = markdown_it.MarkdownIt("gfm-like", {"linkify": False}).render(block.markdown())
    assert "<img" not in shown
    assert "<a" not in shown
    assert "<em>" not in shown
    assert html.escape(HOSTILE, quote=False) in shown
    assert "{{" not in block.markdown()


def test_a_picture_says_what_it_shows_in_both_forms():
    picture = Picture("a.png", b"png", 'BTC "up"', "caption")
    assert picture.markdown() == '![BTC "up"](a.png)\n\n*caption*'
    assert 'alt="BTC &quot;up&quot;"' in picture.html()


def test_bold_never_ends_in_a_blank_and_a_table_keeps_its_columns():
    assert Words([B("Not known: "), "x"]).markdown() == "**Not known:** x"
    grid = Grid(["a", ">b"], [["x|y", C("p|q")]])
    assert grid.markdown() == "| a | b |\n| --- | ---: |\n| x\\|y | `p\\|q` |"


def test_a_section_offers_both_forms_its_numbers_and_its_files():
    section = Section("s", [Words("hello"), Picture("a.png", b"png", "alt", "")], {"n": 1})
    data = section._repr_mimebundle_()
    assert data["text/markdown"].startswith("hello")
    assert data["application/vnd.fbkit.facts+json"] == {"section": "s", "numbers": {"n": 1}}
    assert data["application/vnd.fbkit.files+json"] == {"a.png": "cG5n"}


def test_a_command_between_backquotes_is_code():
    assert Words(told("start it: `fbkit up`.")).markdown() == "start it: `fbkit up`."

import os

import pytest

from fbkit.continuity.names import inside, safe_name
from fbkit.errors import SettingError


@pytest.mark.faults("S4")
@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/passwd", "a/b", "a\\b", "%2e%2e", "nul\0byte", "CON", "con.txt", "com1", "", ".hidden", "x" * 65,
     "a b", "ü", "x.", "a\n"],
)  # fmt: skip
def test_a_name_that_could_lead_elsewhere_is_refused(name):  # S4
    with pytest.raises(SettingError) as refused:
        safe_name(name, "report")
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("name", ["status", "burn-in", "a.b_c-1", "x" * 64, "_x", "console"])
def test_a_plain_name_is_taken_as_it_is(name):
    assert safe_name(name, "report") == name


@pytest.mark.faults("S4")
@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_inside_is_not_followed_one_above_is(tmp_path):  # S4
    (tmp_path / "real" / "reports").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "chosen").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "reports" / "status").symlink_to(tmp_path / "elsewhere")
    assert inside(tmp_path / "chosen", "reports") == tmp_path / "chosen" / "reports"
    with pytest.raises(SettingError, match="links"):
        inside(tmp_path / "chosen", "reports", "status")

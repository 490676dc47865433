"""How the server is set up, whatever the user's own Jupyter files say."""

import os
import stat

import pytest

from fbkit.server.config import kernel_environment, server_config
from fbkit.server.jupyter import UpServer
from fbkit.server.workspace import ensure_notebooks, shipped_notebooks
from fbkit.settings import load_settings

LOOSE = """
c.ServerApp.ip = "0.0.0.0"
c.ServerApp.allow_remote_access = True
c.ServerApp.allow_origin = "*"
c.ServerApp.disable_check_xsrf = True
c.ServerApp.allow_unauthenticated_access = True
c.IdentityProvider.token = ""
c.PasswordIdentityProvider.hashed_password = "argon2:x"
c.MappingKernelManager.buffer_offline_messages = True
"""


@pytest.mark.faults("S1")
async def test_s1_the_users_own_jupyter_files_cannot_loosen_it(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    (tmp_path / "jupyter_server_config.py").write_text(
        f"import pathlib\npathlib.Path({str(tmp_path / 'read')!r}).touch()\n{LOOSE}"
    )
    config = server_config(load_settings(), port=0, token="t", collect=False)
    config.ServerApp.jpserver_extensions = {}
    config.Application.logging_config = {}
    app = UpServer(config=config)
    app.initialize(argv=[], find_extensions=False, new_httpserver=False)
    assert (tmp_path / "read").exists()
    assert (app.ip, app.allow_remote_access, app.allow_origin) == ("127.0.0.1", False, "")
    assert (app.disable_check_xsrf, app.allow_unauthenticated_access) == (False, False)
    assert app.identity_provider.token == "t"
    assert app.kernel_manager.buffer_offline_messages is False
    settings = app.web_app.settings
    assert settings["ws_ping_interval"] + settings["ws_ping_timeout"] <= 30_000, "a tab that vanished is noticed"
    assert app.identity_provider.hashed_password == ""
    assert app.config.VoilaConfiguration.show_tracebacks is False
    await app._cleanup()


@pytest.mark.faults("S7")
def test_s7_kernels_are_given_every_setting_but_the_token(monkeypatch, workspace):
    settings = load_settings(token="sentinel", venues="sim:5", instruments=5)
    words = kernel_environment(settings)
    assert "sentinel" not in str(words)
    assert (words["FBKIT_VENUES"], words["FBKIT_INSTRUMENTS"]) == ("sim:5", "5")
    for name, value in words.items():
        monkeypatch.setenv(name, value)
    again = load_settings()
    assert again.model_copy(update={"token": None, "workspace": None}) == settings.model_copy(
        update={"token": None, "workspace": None}
    )
    assert again.workspace == workspace


def test_notebooks_are_copied_when_missing_and_never_overwritten(workspace):
    names = [path.name for path in ensure_notebooks(load_settings())]
    assert "10_collect.ipynb" in names
    assert names == sorted(path.name for path in shipped_notebooks().glob("*.ipynb"))
    mine = workspace / "notebooks" / "10_collect.ipynb"
    mine.write_text("mine")
    (workspace / "notebooks" / "30_dashboard.ipynb").unlink()
    assert [path.name for path in ensure_notebooks(load_settings())] == ["30_dashboard.ipynb"]
    assert mine.read_text() == "mine"


def test_where_the_notebooks_come_from_nothing_is_copied(monkeypatch):
    monkeypatch.setenv("FBKIT_WORKSPACE", str(shipped_notebooks().parent))
    assert ensure_notebooks(load_settings()) == []


@pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX")
def test_the_log_is_its_owners_alone_and_turns_over(home):
    import logging
    from logging.config import dictConfig

    from fbkit.server.config import logging_config

    path = home / "logs" / "server.log"
    before = logging.getLogger("fbkit").handlers[:]
    chosen = logging_config(path)
    chosen["handlers"]["file"]["maxBytes"] = 200
    chosen["loggers"] = {"fbkit": chosen["loggers"]["fbkit"]}
    logger = logging.getLogger("fbkit")
    kept = (logger.level, logger.propagate)
    try:
        dictConfig({"version": 1, "disable_existing_loggers": False, **chosen})
        logging.getLogger("fbkit.server").warning("x" * 150)
        logging.getLogger("fbkit.server").warning("y" * 150)
        logging.getLogger("fbkit.server").warning("403 POST /voila/api/shutdown/1: '_xsrf' argument missing")
    finally:
        for handler in logger.handlers:
            handler.close()
        logger.handlers, (level, logger.propagate) = before, kept
        logger.setLevel(level)
    assert "y" * 150 in path.read_text()
    assert "_xsrf" not in path.read_text()
    assert sorted(stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()) == [0o600, 0o600]

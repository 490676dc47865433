"""A server without a collector, in a process of its own: asks and streams over a database that a test writes."""

import os
import subprocess
import sys

import httpx

TOKEN = "sentinel-bare-51d0"
RUN = """
import asyncio, sys
from fbkit.server.config import LOOPBACK, server_config
from fbkit.server.jupyter import UpServer
from fbkit.settings import load_settings

async def main(public):
    settings = load_settings()
    config = server_config(
        settings, port=0, token=settings.token.get_secret_value(), collect=False, public=public
    )
    config.ServerApp.jpserver_extensions = {"fbkit.server": True}
    config.ServerApp.ip = LOOPBACK  # whatever it was made for, a test listens here alone
    app = UpServer(config=config)
    app.initialize(argv=[], find_extensions=False)
    app.start_app()
    await app._post_start()
    print(app.port, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await app.cleanup_extensions()
    await app._cleanup()

asyncio.run(main(sys.argv[1:] == ["public"]))
"""


class Bare:
    """The server, from its making until :meth:`end`."""

    token = TOKEN

    def __init__(self, root, db, *, public=False):
        for name in ("home", "workspace"):
            (root / name).mkdir(exist_ok=True)
        self.workspace = root / "workspace"
        environment = {
            **os.environ,
            "FBKIT_HOME": str(root / "home"),
            "FBKIT_WORKSPACE": str(self.workspace),
            "FBKIT_DB": db,
            "FBKIT_TOKEN": TOKEN,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", RUN, *(["public"] if public else [])],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._process.stdout.readline())
        self.address = f"http://127.0.0.1:{self.port}"

    def client(self, **options):
        """An HTTP client with the token."""
        headers = {"Authorization": f"token {TOKEN}", **options.pop("headers", {})}
        return httpx.Client(base_url=self.address, headers=headers, trust_env=False, timeout=20, **options)

    def end(self):
        """End it; it must end well."""
        self._process.stdin.close()
        self._process.stdout.read()
        self._process.stdout.close()
        assert self._process.wait(20) == 0

"""``python -m fbkit.ingest``: the collector as a child process; its settings come through the environment."""

import logging
import sys

from fbkit.errors import FbkitError
from fbkit.ingest.child import run_owned
from fbkit.settings import load_settings

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for chatty in ("httpx", "websockets"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        run_owned(load_settings())
    except FbkitError as error:
        sys.stderr.write(f"fbkit: {error}\n")
        sys.exit(error.exit_code)

"""The log: what stays out of it, and who may read it."""

from __future__ import annotations

import logging
import logging.handlers
import os
from io import TextIOWrapper


class QuietFarewell(logging.Filter):
    """Drops the lines about the farewell a closing Voila page sends without ``_xsrf``.

    Its 403 is what must happen, and the reaper does what the farewell wanted (voila-dashboards/voila issue 1458).

    >>> record = logging.makeLogRecord({"msg": "403 POST /voila/api/shutdown/1 (127.0.0.1): '_xsrf' argument missing"})
    >>> QuietFarewell().filter(record)
    False
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to keep the record."""
        said = record.getMessage()
        return not ("/voila/api/shutdown/" in said and "403" in said)


class PrivateFile(logging.handlers.RotatingFileHandler):
    """A log that its owner alone can read: it names notebooks and databases."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, self.mode, encoding=self.encoding, errors=self.errors)  # type: ignore[return-value]  # text mode

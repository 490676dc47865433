"""JSON-RPC as the exchange speaks it, on websockets and over HTTP alike.

Source: Deribit API 2.1.1, "JSON-RPC" and "RPC Error Codes".
"""

from __future__ import annotations

from typing import Any

import msgspec

PARSE_ERROR, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS = -32700, -32600, -32601, -32602
TOO_MANY, NO_RAW = 10028, 13778

_MESSAGES = {
    PARSE_ERROR: "Parse error",
    INVALID_REQUEST: "Invalid Request",
    NO_METHOD: "Method not found",
    INVALID_PARAMS: "Invalid params",
    TOO_MANY: "too_many_requests",
    NO_RAW: "raw_subscriptions_not_available_for_unauthorized",
}

#: An answer takes them so long, microseconds.
_TAKES_US = 300


class Refusal(Exception):  # noqa: N818, RUF100 -- named by what happened; it never leaves the simulator
    """A request that the exchange answers with an error."""

    def __init__(self, code: int, param: str = "", reason: str = "") -> None:
        super().__init__(code, param, reason)
        self.code, self.param, self.reason = code, param, reason


def answered(number: Any, result: Any, now_ms: int) -> bytes:
    """A result; over HTTP there is no number.

    >>> answered(3, "ok", 1)
    b'{"jsonrpc":"2.0","id":3,"result":"ok","usIn":1000,"usOut":1300,"usDiff":300,"testnet":false}'
    """
    return _enveloped(number, {"result": result}, now_ms)


def refused(number: Any, refusal: Refusal, now_ms: int) -> bytes:
    """An error with its code and words, and which parameter was wrong."""
    error: dict[str, Any] = {"message": _MESSAGES[refusal.code], "code": refusal.code}
    if refusal.param:
        error["data"] = {"reason": refusal.reason, "param": refusal.param}
    return _enveloped(number, {"error": error}, now_ms)


def notified(channel: str, data: Any) -> bytes:
    """A notification of a channel."""
    return _encode(
        {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}},
    )


def heartbeat(kind: str) -> bytes:
    """``heartbeat``, or ``test_request``: to be answered with ``public/test``."""
    return _encode({"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": kind}})


def _enveloped(number: Any, body: dict[str, Any], now_ms: int) -> bytes:
    head = {"jsonrpc": "2.0"} if number is None else {"jsonrpc": "2.0", "id": number}
    since = now_ms * 1000
    times = {"usIn": since, "usOut": since + _TAKES_US, "usDiff": _TAKES_US, "testnet": False}
    return _encode({**head, **body, **times})


_encode = msgspec.json.Encoder().encode

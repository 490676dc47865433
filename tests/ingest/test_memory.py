"""What a collector's process keeps for later: one heap, whatever its threads did."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fbkit.ingest.memory import give_back

#: A thread takes and frees; then the C library says on stderr which heaps there are.
_A_THREAD = """
import ctypes, threading
{first}
thread = threading.Thread(target=lambda: [bytearray(5000) for _ in range(100)])
thread.start()
thread.join()
ctypes.CDLL(None).malloc_stats()
"""


def heaps_after(first: str) -> int:
    told = subprocess.run(
        [sys.executable, "-c", _A_THREAD.format(first=first)], capture_output=True, text=True, check=True
    )
    return told.stderr.count("Arena ")


@pytest.mark.skipif(not give_back(), reason="the C library keeps nothing")
def test_threads_share_one_heap_once_little_is_to_be_kept():
    assert heaps_after("") > 1
    assert heaps_after("from fbkit.ingest.memory import keep_little; assert keep_little()") == 1

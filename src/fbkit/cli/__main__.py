"""``python -m fbkit.cli``: the same as ``fbkit``."""

from fbkit.cli import main

main()

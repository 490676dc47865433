"""What pytest leaves out: modules of an extra that is not installed (numba has no wheels for Intel Macs)."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("numba") else ["*/compiled.py"]

"""What state the whole thing is in, kept and published: phases, snapshots, files with hashes."""

from fbkit.continuity.phase import Phase, phase_log, set_phase, show_phase
from fbkit.continuity.snapshot import Snapshot, read_state, take_snapshot

__all__ = ["Phase", "Snapshot", "phase_log", "read_state", "set_phase", "show_phase", "take_snapshot"]

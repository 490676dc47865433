"""Recordings: fbkit's own captures and the public containers, read as the frames they were."""

from fbkit.feeds.recorded.capture import Capture
from fbkit.feeds.recorded.reader import Broken, Mended, VenueReader
from fbkit.feeds.recorded.recording import Frame, Recording, open_recording
from fbkit.feeds.recorded.replay import replay_frames

__all__ = ["Broken", "Capture", "Frame", "Mended", "Recording", "VenueReader", "open_recording", "replay_frames"]

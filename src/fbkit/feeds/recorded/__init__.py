"""Recordings: fbkit's own captures and the public containers, read as the frames they were."""

from fbkit.feeds.recorded.broken import Broken
from fbkit.feeds.recorded.capture import Capture
from fbkit.feeds.recorded.recording import Frame, Recording, open_recording
from fbkit.feeds.recorded.replay import replay_frames

__all__ = ["Broken", "Capture", "Frame", "Recording", "open_recording", "replay_frames"]

"""The websocket libraries behind :mod:`fbkit.feeds.transport`."""

"""Reading recordings, and a sink's memory as one."""

from fbkit.feeds.recorded.recording import Frame, open_recording


def read_recording(path, reader, venue=None):
    """Each frame of a recording (of one venue's, if named) with its items."""
    frames = open_recording(path).frames()
    return [(frame, reader.read(frame)) for frame in frames if venue is None or frame.venue == venue]


def read_again(sink, reader):
    """What a capture of all that a sink heard reads as, event by event."""
    read = []
    for connection, ts, payload in sink.raws:
        url = connection.removeprefix("rest:")
        read += reader.read(Frame(ts, connection, payload, url != connection, url))
    return each_of(*read)


def each_of(*items):
    """The events of items: some are several told at once."""
    return [event for item in items for event in (item if isinstance(item, tuple) else (item,))]

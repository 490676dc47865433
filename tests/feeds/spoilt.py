"""Messages that nobody should send: a value replaced by junk, and what is no message at all."""

from hypothesis import strategies as st

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["NaN", "-5", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)

NO_MESSAGE = (
    *(b"", b" ", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 200_000),
    *(b'{"data":' * 100_000, b'{"data":[]}', b"7"),
)


def spoil(message, choose):
    """The message with one of its values, wherever it lies, replaced by junk."""
    places = []

    def walk(node):
        for key in range(len(node)) if isinstance(node, list) else list(node):
            places.append((node, key))
            if isinstance(node[key], dict | list):
                walk(node[key])

    walk(message)
    node, key = places[choose.draw(st.integers(0, len(places) - 1))]
    node[key] = choose.draw(JUNK)
    return message

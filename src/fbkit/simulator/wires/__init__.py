"""The wires of the venues, a line each."""

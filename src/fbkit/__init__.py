"""fbkit: a Jupyter-centred analytics workspace for crypto futures."""

__version__ = "0.1.0"

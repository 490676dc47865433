"""The tab status. How well the market is heard, and what was published: ``tab.py`` arranges it."""

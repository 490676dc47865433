"""The tab alerts. What rules said, and what came of it: ``tab.py`` arranges it."""

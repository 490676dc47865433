"""The tab market. The whole market: ``tab.py`` arranges it."""

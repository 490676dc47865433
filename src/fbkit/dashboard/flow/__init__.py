"""The tab flow. Who pushed, and who was forced out: ``tab.py`` arranges it."""

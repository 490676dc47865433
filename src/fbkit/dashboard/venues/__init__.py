"""The tab venues. One coin at every venue, and many coins side by side: ``tab.py`` arranges it."""

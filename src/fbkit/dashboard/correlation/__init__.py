"""The tab correlation. Which coins move together: ``tab.py`` arranges it."""

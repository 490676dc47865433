"""The tab instrument. One instrument from close by: ``tab.py`` arranges it."""

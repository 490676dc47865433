"""The long tail of venues, through ccxt's own adapters; an optional extra, imported when a venue of it is asked for."""

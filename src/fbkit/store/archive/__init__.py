"""Closed days as Parquet files beside the database (extra ``parquet``), read together with it.

The files lie in ``<db>.archive/kind=trade/day=2026-11-22/1.parquet``, for any other program to read as well. DuckDB
writes and reads them; it is handed arrays and never sees the database file.
"""

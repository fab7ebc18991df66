"""Stands before the real one on the path of a process that is to run as on a machine without its wheel."""

raise ImportError("no wheel of pysqlite3 for this machine")

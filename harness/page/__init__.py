"""The report as a page: one HTML file that opens from disk, with all that people look at in it.

A judged run and its report.json come in; text goes out. report_files.py's callers write it.
"""

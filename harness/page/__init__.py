"""The report as a page: one HTML file that opens from disk, with all that people look at in it."""

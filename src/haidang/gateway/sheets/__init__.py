"""Declarations as workbooks and CSV: where each field stands (`layout`), what may be opened (`guarding`), reading, and findings back into the file."""

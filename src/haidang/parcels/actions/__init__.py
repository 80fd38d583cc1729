"""Verbs of parcels: number them, register lists of them, take what comes afterwards."""

"""Insight: readings of everything, for those who decide on law and staff. Reads all rooms, changes nothing of theirs.

`lookups.history` opens a history of goods lines, `rules.whatif.compare` says what another law would have made of it.
"""

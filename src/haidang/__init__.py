"""Hải Đăng: an open digital-customs platform, one record of each fact.

The rooms of the house are the sub-packages; which may import which is written in `docs/decisions/` and held by tests.
"""

__version__ = "0.1.0"

"""How many examples hypothesis tries: what a test asks for in the whole suite, three tenths of it in the fast one."""

from hypothesis import settings


def examples(most: int) -> int:
    """Return how many examples a test tries that wants `most` of them where the profile tries a hundred."""
    return max(1, most * settings.default.max_examples // 100)

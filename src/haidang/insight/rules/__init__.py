"""Rules of insight: how readings come about. Pure."""

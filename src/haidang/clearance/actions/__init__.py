"""Verbs of the pass. Import the submodule: `registering` (lodge and register), `drafting` (save a draft), `closing` (close conditions)."""

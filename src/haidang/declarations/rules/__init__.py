"""The law of the declaration as written: which fields, how wide, which codes, and how they must agree (`fields`, `kinds`, `checking`)."""

"""The printed form of a declaration as PDF: what it says (`saying`), and how it is set (`setting`, `declaration.typ`)."""

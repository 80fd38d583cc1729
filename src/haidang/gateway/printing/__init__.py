"""Printed forms as PDF: what each says (`saying` a declaration, `proving` a service), and how it is set (`setting`, `declaration.typ`, `proof.typ`)."""

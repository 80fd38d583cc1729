"""The top floor: Django's settings, addresses of pages, commands. It knows every room; no room knows it."""

"""Messages of partners: bytes to terms and back. Nothing here decides; it says exactly what could not be read, and where."""

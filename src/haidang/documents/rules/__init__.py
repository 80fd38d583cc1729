"""What a file and the facts beside it must be, and how a document is numbered and sealed. Pure."""

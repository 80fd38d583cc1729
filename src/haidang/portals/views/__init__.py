"""Views: one module for everybody (`entering`), one for the trader, one for the officer."""

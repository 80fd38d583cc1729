"""Small scripts of the house: what `make check` runs beside ruff, mypy and pytest. None of them is part of the product."""

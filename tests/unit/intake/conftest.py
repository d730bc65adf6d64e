"""The fixture of the intake tests."""

from country_files import country

__all__ = ["country"]

"""The portals of tests/web, for journeys over them."""

from tests.web.conftest import browser, demonstration, reader, site

__all__ = ["browser", "demonstration", "reader", "site"]

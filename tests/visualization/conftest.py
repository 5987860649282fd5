"""Fixtures for tests of pages."""

from tests.visualization.page_browser import browser, open_page

__all__ = ["browser", "open_page"]

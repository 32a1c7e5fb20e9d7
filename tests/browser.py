"""Debian's Chromium, driven by playwright. Where there is none, the tests that need it are skipped and say so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium")
NEEDS_BROWSER = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine; .ci/run installs Debian's")


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser without a sandbox, as containers need it."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield started
        finally:
            started.close()


class Visit:
    """One page, opened from a file, with everything that it complained of or asked for."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._dialog)
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(file.as_uri())

    def _dialog(self, dialog) -> None:
        self.complaints.append(f"dialog {dialog.message}")
        dialog.dismiss()

    @property
    def quiet(self) -> bool:
        """Whether it said nothing, and asked for nothing but itself."""
        return not self.complaints and len(self.requests) == 1

    def shown(self) -> list[str]:
        """The addresses of the changes that are not filtered away."""
        return self.page.locator(".change:not([hidden]) > summary > code").all_text_contents()

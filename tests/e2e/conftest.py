"""A real Chromium on the live server: nothing may leave our address, no script may complain.

Leaves what is done on the pages to the tests.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Route,
    expect,
    sync_playwright,
)

from tests.fakes.geoplateforme import Geoplateforme, geoplateforme

ROOT = Path(__file__).resolve().parents[2]
# The browser draws without a graphics card (user interface reference, §10).
WEBGL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
LOCAL_HOSTS = {"localhost", "127.0.0.1"}
# As small as the wide layout allows: each pixel is drawn by the processor.
DESKTOP = {"width": 1040, "height": 700}
PHONE = {"width": 390, "height": 844}
Visit = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder drives a browser."""
    for item in items:
        if Path(item.fspath).is_relative_to(ROOT / "tests/e2e"):
            item.add_marker(pytest.mark.e2e)


def chromium() -> str:
    """The path of the browser; the suite fails without one."""
    if os.environ.get("ATLAS_CHROMIUM"):
        return os.environ["ATLAS_CHROMIUM"]
    found = subprocess.run(
        ["bash", str(ROOT / "deploy/local/chromium.sh"), "--find"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, "Aucun Chromium : `make test` en installe un (ATLAS_CHROMIUM)."
    return found.stdout.strip()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the run."""
    bundle = ROOT / "web/static/web/dist/carte.js"
    assert bundle.exists(), "Les scripts ne sont pas construits : node web/assets/build.mjs"
    # Playwright's loop runs in this thread, where the tests make their rows.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", *WEBGL]
        )
        # The runners are slow and shared: what is awaited comes, later.
        expect.set_options(timeout=20_000)
        yield launched
        launched.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def fake(settings: Any, tmp_path: Path) -> Iterator[Geoplateforme]:
    """A Géoplateforme in good health, and an empty cache of its tiles."""
    from layers import selectors

    settings.CACHE_DIR = tmp_path / "cache"
    selectors.forget()
    with geoplateforme(settings) as running:
        yield running
    selectors.forget()


class Watch:
    """What a page did wrong: calls outside our address, errors of scripts.

    `expected` holds texts of messages that a test provokes.
    """

    def __init__(self) -> None:
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.expected: list[str] = []

    def route(self, route: Route) -> None:
        """Let through what stays here."""
        url = route.request.url
        if urlsplit(url).scheme in {"data", "blob"} or urlsplit(url).hostname in LOCAL_HOSTS:
            route.continue_()
            return
        self.outside.append(url)
        route.abort()

    def console(self, message: ConsoleMessage) -> None:
        """Keep errors and warnings, but those of the driver that has no graphics card."""
        text = message.text
        if message.type not in {"error", "warning"} or "GPU stall" in text:
            return
        self.errors.append(text)

    def close(self) -> None:
        """Fail the test for what was seen and not expected."""
        assert self.outside == []
        assert [e for e in self.errors if not any(text in e for text in self.expected)] == []


@pytest.fixture
def watch() -> Iterator[Watch]:
    """The faults of the test's pages."""
    kept = Watch()
    yield kept
    kept.close()


@pytest.fixture
def visit(live_server: Any, browser: Browser, watch: Watch) -> Iterator[Visit]:
    """Open a page of ours: `visit(path, user=…, **options of the context)`."""
    contexts: list[BrowserContext] = []

    def opened(path: str, *, user: Any = None, init: str = "", **options: Any) -> Page:
        defaults = {"viewport": DESKTOP, "locale": "fr-FR", "reduced_motion": "reduce"}
        context = browser.new_context(base_url=live_server.url, **(defaults | options))
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            cookie = client.cookies[django_settings.SESSION_COOKIE_NAME]
            context.add_cookies(
                [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
            )
        if init:
            context.add_init_script(init)
        context.route("**/*", watch.route)
        page = context.new_page()
        page.on("console", watch.console)
        page.on("pageerror", lambda error: watch.errors.append(str(error)))
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()

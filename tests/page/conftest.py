"""A browser that nobody sees, and devices to look at with it."""

import contextlib
import os
import pathlib
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect, sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from device import PHOTO, ROOT, device

# Files that stand in for those of the binary, while somebody writes them.
FILES = os.environ.get("MOODBOX_PAGE_FILES")

# As long as a busy machine may take; a story ends as soon as it can.
expect.set_options(timeout=30_000)

SEEN = ROOT / "target/page-seen"

# Chromium's own sandbox needs rights that a container seldom gives.
FLAGS = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--force-color-profile=srgb"]


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    # What the browser's camera sees: the same face as the photo of the device.
    film = tmp_path_factory.mktemp("film") / "face.mjpeg"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-loop", "1", "-i", PHOTO, "-frames:v", "4", "-vf", "scale=640:-2", "-pix_fmt", "yuvj420p", "-q:v", "3", "-f", "mjpeg", film],
        check=True,
    )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*FLAGS, f"--use-file-for-fake-video-capture={film}"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def another():
    """Starts devices that end after the pages that look at them."""
    with contextlib.ExitStack() as devices:
        yield lambda **options: devices.enter_context(device(**options))


@pytest.fixture(scope="session")
def home():
    """A device at home, for the stories that leave it as they found it."""
    with device(days=30) as one:
        yield one


@pytest.fixture(scope="session")
def untouched():
    """A device that is only looked at: nothing was ever played there."""
    with device() as one:
        yield one


@pytest.fixture
def tab(browser, request, another):
    """Opens pages, and fails if one of them had anything to complain about."""
    contexts = []
    complaints = []

    def open_page(one, part="now", width=1280, height=900, locale="en-GB", scheme="light", expected=(), **options):
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale=locale, color_scheme=scheme,
            reduced_motion="reduce", timezone_id="UTC", **options,
        )
        contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        if FILES:
            page.route(re.compile("/assets/"), lambda route: route.fulfill(path=pathlib.Path(FILES) / route.request.url.split("/")[-1]))
            page.route(re.compile(r"^http://[^/]+/(#.*)?$"), lambda route: route.fulfill(path=pathlib.Path(FILES) / "index.html"))
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))"
        )

        def said(message):
            wanted = any(word in message.text for word in expected)
            if message.type in ("error", "warning") and not wanted:
                complaints.append(f"{message.type}: {message.text} ({message.location})")

        page.on("console", said)
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.goto(f"{one.address}#{part}")
        page.locator("header h1").wait_for()
        return page

    yield open_page
    SEEN.mkdir(parents=True, exist_ok=True)
    for number, context in enumerate(contexts):
        for page in context.pages:
            page.screenshot(path=SEEN / f"{request.node.name}-{number}.png", full_page=True)
        context.close()
    assert not complaints, "\n".join(complaints)

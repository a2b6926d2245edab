"""Takes pictures of the pages in a browser, for docs/pages.md: `logmart pages pictures`."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from logmart.errors import CommandError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# A browser that opens files looks for no update.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


@dataclass(frozen=True)
class Picture:
    """A page at a width in pixels, in one of its two colour schemes."""

    page: str
    width: int
    scheme: Literal["light", "dark"]
    height: int = 1100

    @property
    def file(self) -> str:
        """Return the name of the picture's file."""
        return f"{Path(self.page).stem}-{self.scheme}-{self.width}.jpg"


PICTURES = (
    Picture("index.html", 1920, "light"),
    Picture("growth.html", 390, "light"),
    Picture("metrics/daily_active_users.html", 1920, "dark"),
    Picture("crm.html", 390, "dark"),
)


def find_browser() -> str | None:
    """Return the browser that LOGMART_BROWSER names, else a Chromium or Chrome on the PATH."""
    found = [os.environ.get("LOGMART_BROWSER"), *map(shutil.which, BROWSERS)]
    return next((path for path in found if path), None)


@click.command("pictures", help=__doc__)
@click.option(
    "--pages", type=click.Path(path_type=Path), default=Path("data/pages"), show_default=True
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("docs/pictures"), show_default=True
)
def main(pages: Path, out: Path) -> int:
    """Write the pictures. Raises CommandError without pages or a browser."""
    # The driver is installed for development only.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    missing = [picture.page for picture in PICTURES if not (pages / picture.page).exists()]
    if missing:
        raise CommandError(f"{pages / missing[0]} is not there: write it with `make pages`")
    chromium = find_browser()
    if chromium is None:
        raise CommandError("no Chromium or Chrome is on the PATH: name one in LOGMART_BROWSER")
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        for picture in PICTURES:
            page = browser.new_page(
                viewport={"width": picture.width, "height": picture.height},
                color_scheme=picture.scheme,
            )
            page.goto((pages / picture.page).resolve().as_uri())
            page.screenshot(path=out / picture.file, type="jpeg", quality=72)
            page.close()
        browser.close()
    print(f"{len(PICTURES)} pictures written to {out}")
    return 0

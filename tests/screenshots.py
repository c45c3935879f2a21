"""Pictures of every page of a running portal, at two widths and in three languages, for a person to look at.

    python -m tests.screenshots http://127.0.0.1:8000/ OUT [--login EMAIL PASSWORD] [--dark] [--only NAME …]

Uses Debian's Chromium; nothing but the portal is loaded. Not a test: `make test` does not call it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
LANGUAGES = ("kk", "ru", "en")
WIDTHS = (390, 1280)
# Narrower windows are phones, which are touched.
TOUCHED_BELOW = 640
# Pages by their address; those of one thing are found by following the first link of that kind.
PAGES = {
    "home": "",
    "search": "search?q=труба",
    "narrowed": "search?q=труба&code=73&evidence=confirmed",
    "nothing": "search?q=перпетуум+мобиле",
    "needs": "needs/",
    "check": "suppliers/?bin=123",
    "unknown": "suppliers/?bin=990140000806",
    "sign-in": "sign-in",
    "missing": "nowhere",
}
FOUND = {"product": ("search?q=труба", "products/"), "supplier": ("search?q=труба", "suppliers/")}
DESK = {"desk": "desk/goods", "add": "desk/goods/new", "withdrawn": "desk/goods/withdrawn"}


def addresses(page: Page, base: str) -> Iterator[tuple[str, str]]:
    """Name and path of every page to look at."""
    yield from PAGES.items()
    for name, (start, kind) in FOUND.items():
        page.goto(urljoin(base, start))
        link = page.locator(f"main a[href*='/{kind}']").first
        if link.count():
            yield name, (link.get_attribute("href") or "").lstrip("/")
    page.goto(urljoin(base, "needs/"))
    seen = set()
    for row in page.locator("tbody tr").all():
        verdict = row.locator(".badge").inner_text()
        if verdict not in seen:
            seen.add(verdict)
            yield f"need-{len(seen)}", (row.locator("th a").get_attribute("href") or "").lstrip("/")


def sign_in(page: Page, base: str, email: str, password: str) -> None:
    """Sign the browser in."""
    page.goto(urljoin(base, "sign-in"))
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("main button[type=submit]")


def picture(page: Page, address: str, file: Path) -> None:
    """One page from top to bottom, and, where it has something to open, once more opened."""
    page.goto(address)
    page.screenshot(path=file, full_page=True)
    if page.locator("main details").count():
        page.evaluate("document.querySelectorAll('main details').forEach((one, i) => { one.open = i < 2 })")
        page.screenshot(path=file.with_stem(f"{file.stem}-opened"), full_page=True)


def take(browser: Browser, base: str, out: Path, login: tuple[str, str] | None, dark: bool, only: list[str]) -> None:
    """Take all pictures."""
    for width in WIDTHS:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            has_touch=width < TOUCHED_BELOW,
            color_scheme="dark" if dark else "light",
            locale="ru",
        )
        page = context.new_page()
        names = dict(addresses(page, base))
        if login:
            sign_in(page, base, *login)
            names |= DESK
            page.goto(urljoin(base, DESK["desk"]))
            link = page.locator("main a[href*='/desk/goods/']").last
            names["edit"] = (link.get_attribute("href") or "").lstrip("/")
        for name, path in names.items():
            for lang in LANGUAGES:
                if not only or name in only:
                    picture(page, urljoin(base, f"{lang}/{path}"), out / f"{name}-{width}-{lang}.png")
        context.close()


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("out", type=Path)
    parser.add_argument("--login", nargs=2, metavar=("EMAIL", "PASSWORD"))
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        take(browser, given.base, given.out, tuple(given.login) if given.login else None, given.dark, given.only)
        browser.close()


if __name__ == "__main__":
    main()

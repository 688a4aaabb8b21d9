"""A real browser for the tests of pages and pictures: Debian's chromium, driven by Playwright."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support import chromium

FLAGS: Final = (
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

MERMAID: Final = "11.17.2"
MERMAID_SHA256: Final = "581ed7d74bd9048d0e3a91363927d72ef22942d7722546b27f7cc29e35390eb8"
"""Of dist/mermaid.min.js in the package of that version."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium()
    assert program, "chromium is not on the PATH; 'apt-get install chromium' installs it"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def contrast() -> str:
    """A script that lists the texts whose contrast to what they stand on is below 4.5, as WCAG 2 AA asks for."""
    return _CONTRAST


@pytest.fixture(scope="session")
def mermaid_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mermaid itself, from the npm registry: one file that needs no other."""
    npm = shutil.which("npm")
    if npm is None and not os.environ.get("MIYABI_DEMAND_BROWSER"):
        pytest.skip("npm is not on the PATH")
    assert npm, "npm is not on the PATH"
    folder = tmp_path_factory.mktemp("mermaid")
    package = f"mermaid@{MERMAID}"
    subprocess.run([npm, "pack", "--silent", "--prefer-offline", package], cwd=folder, check=True, capture_output=True)
    shutil.unpack_archive(folder / f"mermaid-{MERMAID}.tgz", folder, filter="data")
    script = folder / "package/dist/mermaid.min.js"
    assert hashlib.sha256(script.read_bytes()).hexdigest() == MERMAID_SHA256
    return script


_CONTRAST: Final = """() => {
    const parts = colour => colour.match(/[\\d.]+/g).map(Number);
    const luminance = colour => {
        const [red, green, blue] = parts(colour).slice(0, 3).map(part => {
            const value = part / 255;
            return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const ratio = (one, other) => {
        const pair = [luminance(one), luminance(other)];
        return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    };
    const opaque = colour => colour.startsWith('rgb') && (parts(colour)[3] ?? 1) === 1;
    const rects = [...document.querySelectorAll('svg rect')];
    const drawnOn = text => {
        const box = text.getBBox(), x = box.x + box.width / 2, y = box.y + box.height / 2;
        const holds = rect => {
            const place = rect.getBBox();
            return place.x <= x && x <= place.x + place.width && place.y <= y && y <= place.y + place.height;
        };
        return getComputedStyle(rects.filter(rect => holds(rect) && opaque(getComputedStyle(rect).fill)).pop()).fill;
    };
    const standsOn = element => {
        while (element && !opaque(getComputedStyle(element).backgroundColor)) element = element.parentElement;
        return getComputedStyle(element ?? document.documentElement).backgroundColor;
    };
    const faint = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
        if (!text || ['STYLE', 'style', 'title', 'desc'].includes(element.tagName)) continue;
        const drawn = element.closest('svg text'), style = getComputedStyle(element);
        const found = drawn ? ratio(style.fill, drawnOn(drawn)) : ratio(style.color, standsOn(element));
        if (found < 4.5) faint.push(`${text}: ${found.toFixed(2)}`);
    }
    return faint;
}"""

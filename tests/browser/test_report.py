"""The report in a real browser: opened from disk, wide and narrow, light and dark, without a network."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from miyabi_infra.commands.report import run
from miyabi_infra.pages.report import SECTIONS
from tests.support import Project

pytestmark = pytest.mark.browser

SCRIPT = "<script>document.title = 'taken over'</script>"
PHONE = {"width": 360, "height": 740}


@dataclass
class Opened:
    """A report in the browser, and what the browser had to say about it."""

    page: Page
    file: Path
    complaints: list[str] = field(default_factory=list[str])
    requests: list[str] = field(default_factory=list[str])


@pytest.fixture(scope="module")
def report(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of dev, whose overlay holds a script."""
    folder = tmp_path_factory.mktemp("report")
    project = Project.copy_of(root, folder)
    project.change("dev", ("LOG_LEVEL: info", f'LOG_LEVEL: "{SCRIPT}"'))
    project.synthesize()
    assert run(project.root, "dev", folder / "dev.html") == 0
    return folder / "dev.html"


@pytest.fixture(params=["light", "dark"])
def opened(request: pytest.FixtureRequest, browser: Browser, report: Path) -> Iterator[Opened]:
    context = browser.new_context(color_scheme=request.param, viewport=PHONE)  # pyright: ignore[reportArgumentType]
    found = Opened(context.new_page(), report)
    found.page.on("console", lambda message: found.complaints.append(message.text))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.on("request", lambda asked: found.requests.append(asked.url))
    found.page.goto(report.as_uri())
    yield found
    context.close()


def test_it_opens_from_disk_without_a_network_or_a_complaint(opened: Opened) -> None:
    assert opened.page.title() == "miyabi · dev: infrastructure report"
    assert opened.requests == [opened.file.as_uri()]
    assert opened.complaints == []


def test_a_script_in_an_overlay_arrives_as_text(opened: Opened) -> None:
    assert opened.page.locator("script").count() == 0
    assert opened.page.get_by_role("cell", name=SCRIPT).count() > 0


def test_on_a_phone_only_tables_scroll_sideways(opened: Opened) -> None:
    widths = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    assert opened.page.evaluate(widths) == [PHONE["width"], PHONE["width"]]
    opened.page.evaluate("() => document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert opened.page.evaluate(widths) == [PHONE["width"], PHONE["width"]]


def test_every_section_is_reached_from_the_top(opened: Opened) -> None:
    links = opened.page.get_by_role("navigation").get_by_role("link")

    assert links.all_inner_texts() == [title for _, title in SECTIONS]
    for anchor, title in SECTIONS:
        opened.page.get_by_role("navigation").get_by_role("link", name=title, exact=True).click()
        assert opened.page.url.endswith(f"#{anchor}")
        assert opened.page.locator(f"section#{anchor} h2").inner_text() == title


def test_landmarks_headings_and_captions_are_there(opened: Opened) -> None:
    page = opened.page

    assert [page.locator(name).count() for name in ("header", "nav", "main", "footer", "h1")] == [1, 1, 1, 1, 1]
    assert page.locator("table").count() == page.locator("table > caption").count() > 5
    assert page.locator("section").count() == page.locator("section > h2").count() == len(SECTIONS)
    assert page.locator("th:not([scope])").count() == 0
    assert page.evaluate("() => document.querySelectorAll('[id]').length") == len(
        set(page.evaluate("() => [...document.querySelectorAll('[id]')].map(each => each.id)"))
    )


def test_text_stands_out_from_its_ground(opened: Opened, contrast: str) -> None:
    assert opened.page.evaluate(contrast) == []


def test_the_picture_and_every_resource_are_in_it(opened: Opened) -> None:
    assert opened.page.get_by_role("img", name="Architecture of miyabi · dev").is_visible()
    assert opened.page.locator("#resources details").count() == 48


def test_it_prints_without_navigation(opened: Opened) -> None:
    opened.page.emulate_media(media="print")
    assert not opened.page.get_by_role("navigation").is_visible()
    assert opened.page.pdf().startswith(b"%PDF")

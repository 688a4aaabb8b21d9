"""The pictures in a real browser: nothing overlaps as it is drawn, and Mermaid takes the flowcharts."""

import itertools
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser

from miyabi_infra.pages.diagram.layout import layout
from miyabi_infra.pages.diagram.mermaid import mermaid
from miyabi_infra.pages.diagram.reading import picture
from miyabi_infra.pages.diagram.scene import Rect
from miyabi_infra.pages.diagram.svg import svg
from miyabi_infra.stacks import Stack, read

pytestmark = pytest.mark.browser

OVERHANG: Final = 2
"""How far the outline of a letter may reach beyond its own width: the foot of a `w`, the hook of a `j`."""
_MEASURE: Final = """() => [...document.querySelectorAll('svg text')].map(text => {
    const box = text.getBBox();
    return {text: text.textContent, x: box.x, y: box.y, width: box.width, height: box.height};
})"""


@pytest.fixture(scope="module")
def stacks(output: Path) -> tuple[Stack, ...]:
    return read(output)


@pytest.mark.parametrize("font", ["Liberation Sans", "DejaVu Sans", "sans-serif"])
def test_texts_as_drawn_lie_within_the_room_that_the_layout_gave_them(
    browser: Browser, stacks: tuple[Stack, ...], font: str
) -> None:
    page = browser.new_page()
    for stack in stacks:
        scene = layout(picture(stack))
        page.set_content(svg(scene))
        page.add_style_tag(content=f".diagram {{ font-family: '{font}' !important }}")
        measured: list[dict[str, Any]] = page.evaluate(_MEASURE)
        drawn = [Rect(each["x"], each["y"], each["width"], each["height"]) for each in measured]

        assert [each["text"] for each in measured] == [text.whole + text.text + text.beside for text in scene.texts]
        wider = [
            text.text
            for text, rect in zip(scene.texts, drawn, strict=True)
            if rect.x < text.rect.x - OVERHANG or rect.right > text.rect.right + OVERHANG
        ]
        assert wider == []
        over = [(one, other) for one, other in itertools.combinations(drawn, 2) if one.meets(other)]
        assert over == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_it_is_drawn_on(
    browser: Browser, stacks: tuple[Stack, ...], scheme: str, contrast: str
) -> None:
    context = browser.new_context(color_scheme=scheme)  # pyright: ignore[reportArgumentType]  # a Literal
    page = context.new_page()
    page.set_content(svg(layout(picture(stacks[0]))))

    assert page.evaluate(contrast) == []
    context.close()


def test_mermaid_takes_every_flowchart_and_draws_it(
    browser: Browser, stacks: tuple[Stack, ...], mermaid_script: Path
) -> None:
    page = browser.new_page()
    page.set_content("<!doctype html><title>mermaid</title>")
    page.add_script_tag(path=mermaid_script)
    for stack in stacks:
        text = mermaid(picture(stack))
        parsed = page.evaluate("text => mermaid.parse(text)", text)
        drawn: str = page.evaluate("async text => (await mermaid.render('picture', text)).svg", text)

        assert parsed["diagramType"].startswith("flowchart")
        assert [bar.name for bar in picture(stack).bars if bar.name not in drawn] == []
    assert page.evaluate("text => mermaid.parse(text, {suppressErrors: true})", "flowchart TB\n a[ -->") is False
    page.close()

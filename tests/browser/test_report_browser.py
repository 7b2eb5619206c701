"""The pages in a real browser: no errors, nothing asked for outside, everything works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools import Browser, browser, chromium
from support.report_made import Made
from support.report_section import fake_batch, fake_section
from transect.report.steps import report_batch, report_section

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="chromium is not installed"),
]
SHOWN = "getComputedStyle(document.querySelector('{}')).display"


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = fake_section(tmp_path_factory.mktemp("page") / "s", Made(cell="<script>x()</script>"))
    report_section(folder=folder, output=folder / "report.html")
    return folder / "report.html"


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = fake_batch(tmp_path_factory.mktemp("batch") / "B08")
    report_batch(folder=folder, output=folder / "report.html")
    for page in folder.glob("C*/s*"):
        (page / "report.html").write_text("<title>section</title>", encoding="utf-8")
    return folder / "report.html"


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture
def page(chrome: Browser) -> Browser:
    chrome.errors.clear()
    chrome.requests.clear()
    return chrome


def settled(page: Browser) -> None:
    """Nothing went wrong, and nothing but the page itself was asked for."""
    assert page.errors == []
    assert page.run("document.documentElement.dataset.error || ''") == ""
    asked = [url for url in page.requests if not url.startswith("data:")]
    assert [url.startswith("file://") for url in asked] == [True]


@pytest.mark.parametrize("kind", ["section", "batch"])
@pytest.mark.parametrize("width", [1400, 700])
def test_a_page_renders(page: Browser, section: Path, batch: Path, kind: str, width: int) -> None:
    page.open(section if kind == "section" else batch, width)
    settled(page)
    assert page.run("document.documentElement.scrollWidth") <= width
    assert page.run("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    # Every curve has an extent: a path that the browser cannot read has none.
    empty = "[...document.querySelectorAll('.chart path')].filter(p => !p.getTotalLength()).length"
    assert page.run(empty) == 0


def test_overlays_are_switched(page: Browser, section: Path) -> None:
    page.open(section)
    for name, before in (("phases", "none"), ("outlines", "none"), ("lines", "block")):
        box = f"document.querySelector('[data-overlay={name}]')"
        assert page.run(SHOWN.format(f"#viewer .{name}")) == before
        page.run(f"{box}.focus()")
        page.key(" ")
        after = "block" if before == "none" else "none"
        assert page.run(SHOWN.format(f"#viewer .{name}")) == after
        assert page.run(SHOWN.format(f".detail .{name}")) == after
        assert page.run(SHOWN.format(f".legend [data-for={name}]")) == after.replace(
            "block", "flex"
        )
    settled(page)


def test_the_viewer_zooms_and_moves_by_keys(page: Browser, section: Path) -> None:
    page.open(section)
    width = "document.querySelector('#viewer .stage').getBoundingClientRect().width"
    pane = "document.querySelector('#viewer .window')"
    page.run(f"{pane}.focus()")
    before = page.run(width)
    for _ in range(3):
        page.key("+")
    assert page.run(width) == pytest.approx(before * 1.5**3, rel=0.01)
    bar = page.run("document.querySelector('.bar i').getBoundingClientRect().width")
    words = page.run("document.querySelector('.bar b').textContent")
    um = float(words.removesuffix(" µm"))
    assert bar == pytest.approx(um / 260 * before * 1.5**3, rel=0.03)
    page.key("0")
    assert page.run(width) == pytest.approx(page.run(f"{pane}.clientWidth"), abs=1)
    settled(page)


def test_a_detail_is_found_in_the_section(page: Browser, section: Path) -> None:
    page.open(section)
    pane = "document.querySelector('#viewer .window')"
    thumb = "document.querySelector('.locator i').style"
    page.run("document.querySelector('[data-zoom=in]').click()")
    page.run("document.querySelector('[data-zoom=in]').click()")
    link = "document.querySelectorAll('.detail [data-x]')[2]"
    place = float(page.run(f"{link}.dataset.x"))
    page.run(f"{link}.click()")
    seen = page.run(f"[{pane}.scrollLeft, {pane}.clientWidth, {pane}.scrollWidth]")
    assert seen[0] / seen[2] <= place <= (seen[0] + seen[1]) / seen[2]
    page.run("new Promise(done => setTimeout(done, 200))")
    width = float(page.run(f"{thumb}.width").removesuffix("%"))
    assert width == pytest.approx(100 * seen[1] / seen[2], rel=0.02)
    settled(page)


def test_colours_follow_the_reader(page: Browser, section: Path) -> None:
    page.open(section)
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.run(paper)
    page.run("document.getElementById('theme').click()")
    assert page.run(paper) != light
    page.run("document.getElementById('theme').click()")
    assert page.run(paper) == light


def test_a_table_is_sorted_by_its_headings(page: Browser, batch: Path) -> None:
    page.open(batch)
    cells = (
        "[...document.querySelectorAll('.sortable tbody tr')].map(r => r.cells[3].dataset.value)"
    )
    button = "document.querySelectorAll('.sortable thead button')[3]"
    page.run(f"{button}.click()")
    up = [float(v) for v in page.run(cells)]
    assert up == sorted(up)
    assert page.run(f"{button}.parentElement.getAttribute('aria-sort')") == "ascending"
    page.run(f"{button}.click()")
    assert [float(v) for v in page.run(cells)] == up[::-1]
    settled(page)


def test_links_lead_to_the_sections(page: Browser, batch: Path) -> None:
    page.open(batch)
    links = page.run("[...document.querySelectorAll('.sortable a')].map(a => a.href)")
    assert len(links) == 6
    assert all(Path(link.removeprefix("file://")).is_file() for link in links)


def test_injected_script_does_not_run(page: Browser, section: Path, tmp_path: Path) -> None:
    text = section.read_text(encoding="utf-8")
    hurt = text.replace("</h1>", "</h1><script>document.title = 'hurt'</script>", 1)
    copy = tmp_path / "hurt.html"
    copy.write_text(hurt, encoding="utf-8")
    page.open(copy)
    assert page.run("document.title") != "hurt"
    # Refused by the page's policy, and said so on the console.
    assert any("Content Security Policy" in error for error in page.errors)

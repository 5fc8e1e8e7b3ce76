#!/usr/bin/env python3
"""The report in headless Chromium: on phones and desks, light and dark, and on paper. Argument: tailbit; with a second one, a
folder, the pictures are kept there."""
import os
import shutil
import sys
import tempfile

import chromium

try:
    import h5py  # noqa: F401
except ImportError:
    print("skipped: h5py is not installed")
    sys.exit(77)

if not chromium.find():
    print("skipped: Chromium is not installed (Debian: chromium)")
    sys.exit(77)

import runs

TAILBIT = os.path.abspath(sys.argv[1])

# Elements that stick out of the window, but for those inside a box that scrolls.
OVERFLOW = """[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll > *') && !e.closest('svg > *'))
  .filter(e => e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.outerHTML.slice(0, 80))"""

# The least contrast of text with what lies behind it (WCAG 2.2), and where.
CONTRAST = """(() => {
  const parse = c => { const n = c.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => e ? over(parse(getComputedStyle(e).backgroundColor), behind(e.parentElement)) : [255, 255, 255, 1];
  let least = [99, ''];
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const style = getComputedStyle(e), back = behind(e);
    const ink = over(parse(e.closest('svg') ? style.fill : style.color), back);
    const [a, b] = [light(ink), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least[0]) least = [ratio, e.outerHTML.slice(0, 80)];
  }
  return least;
})()"""

# The colours of the first figure that are not seen through, by how many pixels have them: what is black in it is the first.
COLOURS = """(() => {
  const image = document.querySelector('.drawn img'), canvas = document.createElement('canvas'), seen = {};
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  canvas.getContext('2d').drawImage(image, 0, 0);
  const bytes = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  for (let i = 0; i < bytes.length; i += 4) if (bytes[i + 3] === 255) seen[bytes.slice(i, i + 3)] = (seen[bytes.slice(i, i + 3)] || 0) + 1;
  return Object.entries(seen).sort((a, b) => b[1] - a[1]).map(([colour]) => colour);
})()"""

# Whether the part of a run is open: its last heading takes room.
OPEN = "document.getElementById('%s').lastElementChild.checkVisibility({contentVisibilityAuto: true})"


def check_width(browser, page, width, dark):
    browser.show(width, dark=dark)
    browser.open(page)
    browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    where = f"{width} px, {'dark' if dark else 'light'}"
    assert browser.evaluate("document.documentElement.scrollWidth") <= width, where
    assert browser.evaluate(OVERFLOW) == [], (where, browser.evaluate(OVERFLOW))
    ratio, element = browser.evaluate(CONTRAST)
    assert ratio >= 4.5, (where, ratio, element)
    scheme = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (scheme == "rgb(255, 255, 255)") != dark, (where, scheme)
    if shutil.which("gnuplot"):
        colours = browser.evaluate(COLOURS)
        assert ("221,221,221" in colours, "34,34,34" in colours) == (dark, not dark), (where, colours[:5])
        assert "0,0,0" not in colours, where


def check_links(browser, page):
    """A table's number opens the part that it leads to."""
    browser.show(1280)
    browser.open(page)
    run = browser.evaluate("document.querySelector('#tables td a').hash.slice(1)")
    assert not browser.evaluate(OPEN % run)
    browser.evaluate("document.querySelector('#tables td a').click()")
    assert browser.evaluate(OPEN % run)
    assert abs(browser.evaluate(f"document.getElementById('{run}').getBoundingClientRect().top")) < 1000


def check_paper(browser, page, folder):
    browser.show(794, media="print")
    browser.open(page)
    parts = browser.evaluate("[...document.querySelectorAll('details')].map(d => d.id)")
    assert len(parts) == len(runs.FINISHED) + 1
    assert all(browser.evaluate(OPEN % part) for part in parts), "parts are closed on paper"
    browser.pdf(os.path.join(folder, "report.pdf"))
    with open(os.path.join(folder, "report.pdf"), "rb") as f:
        pdf = f.read()
    assert pdf.startswith(b"%PDF") and pdf.count(b"/Type /Page\n") >= len(parts), pdf.count(b"/Type /Page\n")


def check_alone(browser, page):
    """It asks for no other file, and the browser has nothing to complain about."""
    browser.open(page)
    asked = [address for address in browser.requests() if not address.startswith("data:image/svg+xml,")]
    assert asked == ["file://" + page], asked
    assert not [e for e in browser.events if e.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")]


def keep_pictures(browser, page, folder):
    for width in (390, 1280):
        for dark in (False, True):
            browser.show(width, dark=dark)
            browser.open(page)
            browser.evaluate("document.querySelector('details').open = true")
            browser.picture(os.path.join(folder, f"{width}-{'dark' if dark else 'light'}.png"))


def main():
    with tempfile.TemporaryDirectory() as folder, chromium.Browser() as browser:
        small = os.path.join(folder, "small")
        runs.make(TAILBIT, small, folder)
        runs.call(TAILBIT, "report", small)
        page = os.path.join(small, "report.html")
        check_alone(browser, page)
        for width in (320, 390, 768, 1280):
            for dark in (False, True):
                check_width(browser, page, width, dark)
        check_links(browser, page)
        check_paper(browser, page, sys.argv[2] if len(sys.argv) > 2 else folder)
        if len(sys.argv) > 2:
            keep_pictures(browser, page, sys.argv[2])
    print("the report is fit for phones, desks and paper")


main()

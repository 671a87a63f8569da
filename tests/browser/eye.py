"""What a careful eye would find wrong with a page as it stands: too wide, cut, one upon another, too small to touch,
or in the wrong language. axe-core is in :mod:`tests.browser.support`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from playwright.async_api import Page

CHINESE = re.compile(r"[\u4e00-\u9fff]+")
TOUCH_PX = 44
"""How large a target for a finger is at least, on a phone."""

# Everything below looks only at what is shown: rendered, not transparent, and not clipped away by a parent.
_SEEN = r"""
const clips = style => style.overflowX !== 'visible' || style.overflowY !== 'visible';
// the part of a box that no scrolling or clipping parent hides; null when nothing of it is left
const seen = (box, node, of) => {
  let {left, top, right, bottom} = box;
  for (let up = node; up && up !== document.documentElement; up = up.parentElement) {
    const style = getComputedStyle(up);
    if ((up !== node || of === 'text') && clips(style)) {
      const frame = up.getBoundingClientRect();
      left = Math.max(left, frame.left); right = Math.min(right, frame.right);
      top = Math.max(top, frame.top); bottom = Math.min(bottom, frame.bottom);
    }
    if (style.position === 'fixed') break;
  }
  left = Math.max(left, 0); right = Math.min(right, innerWidth); top = Math.max(top, 0); bottom = Math.min(bottom, innerHeight);
  return right - left > 1 && bottom - top > 1 ? {left, top, right, bottom} : null;
};
const rendered = node => node.checkVisibility({opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true});
const told = node => {
  const id = node.id ? '#' + node.id : '', cls = typeof node.className === 'string' ? node.className.trim().split(/\s+/).slice(0, 2).join('.') : '';
  return node.tagName.toLowerCase() + id + (cls ? '.' + cls : '');
};
const words = node => (node.getAttribute('aria-label') || node.textContent || node.getAttribute('placeholder') || '').trim().replace(/\s+/g, ' ').slice(0, 40);
const texts = function* () {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode())
    if (text.data.trim() && !text.parentElement.closest('script, style, noscript, option, svg, .sr') && rendered(text.parentElement)) yield text;
};
"""

_WIDE = """() => { const wide = document.documentElement.scrollWidth; return wide > innerWidth
  ? [`the page is ${wide} px wide, the screen ${innerWidth}`] : []; }"""

# A text that its own box cuts off, without saying so by an ellipsis; and a control that its words do not fit into.
_CUT = (
    "() => {"
    + _SEEN
    + r"""
  const found = [];
  for (const text of texts()) {
    const node = text.parentElement, style = getComputedStyle(node);
    if (style.clipPath !== 'none' || node.matches('input, textarea, select')) continue;
    const range = document.createRange(); range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    if (!seen(box, node)) continue;
    for (let up = node; up && up !== document.body; up = up.parentElement) {
      const own = getComputedStyle(up), frame = up.getBoundingClientRect();
      const dots = own.textOverflow === 'ellipsis' || own.webkitLineClamp !== 'none';
      const scrolls = /auto|scroll/.test(own.overflowX + own.overflowY);
      if (scrolls || dots) break;
      const over = Math.round(Math.max(box.right - frame.right, frame.left - box.left)), down = Math.round(box.bottom - frame.bottom);
      if (own.overflowX === 'hidden' && over > 1 || own.overflowY === 'hidden' && down > 4) {
        found.push(`cut: "${words(node)}" in ${told(up)} by ${Math.max(over, down)} px`); break;
      }
      if (up.matches('button, .btn, .pill, .tag, .chip, .tool, .tab, td, th') && over > 1) {
        found.push(`too long for its ${told(up)}: "${words(node)}" by ${over} px`); break;
      }
      if (own.position === 'absolute' || own.position === 'fixed') break;
    }
  }
  return found; }"""
)

# Words of the interface that are only half there.
_SHORTENED = (
    "() => {"
    + _SEEN
    + r"""
  const found = [];
  for (const node of document.querySelectorAll('.btn, .tool, .tab, label, legend, h1, h2, h3, .lab, .seg button, th'))
    for (const part of [node, ...node.querySelectorAll('*')]) {
      const style = getComputedStyle(part);
      if (style.textOverflow === 'ellipsis' && style.overflowX !== 'visible' && part.scrollWidth > part.clientWidth + 1
          && rendered(part) && seen(part.getBoundingClientRect(), part)) found.push([words(part), told(part)]);
    }
  return found; }"""
)

# Two texts in one place. What floats (menus, dialogs, sticky heads) may lie above something else: only what is on top counts.
_OVERLAP = (
    "() => {"
    + _SEEN
    + r"""
  const lines = [];
  for (const text of texts()) {
    const range = document.createRange(); range.selectNodeContents(text);
    for (const box of range.getClientRects()) {
      const part = seen(box, text.parentElement, 'text');
      if (!part) continue;
      const x = (part.left + part.right) / 2, y = (part.top + part.bottom) / 2, top = document.elementFromPoint(x, y);
      if (top && (top === text.parentElement || top.contains(text.parentElement) || text.parentElement.contains(top)))
        lines.push({text, node: text.parentElement, ...part});
    }
  }
  lines.sort((a, b) => a.top - b.top);
  const found = [];
  for (let i = 0; i < lines.length; i++)
    for (let j = i + 1; j < lines.length && lines[j].top < lines[i].bottom - 4; j++) {
      const a = lines[i], b = lines[j];
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left), down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (a.text !== b.text && across > 3 && down > 5)
        found.push(`one upon another: "${words(a.node)}" (${told(a.node)}) and "${words(b.node)}" (${told(b.node)})`);
    }
  return found; }"""
)

# Where a finger may land: along the middle of a control, the stretch that is the control itself (or its label) is measured.
# A link within a sentence, and what the edge of the screen or another thing half covers, is let be.
_TOUCH = (
    "size => {"
    + _SEEN
    + r"""
  const found = [], least = size - 3;
  const owner = node => node?.closest('a, button, label, input, select, textarea, summary, [role=button], [role=combobox], [role=tab], [role=option]');
  for (const node of document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [role=combobox], [role=button]')) {
    if (!rendered(node) || node.disabled || node.closest('.skip, [aria-hidden=true], [inert]')) continue;
    const whole = node.getBoundingClientRect(), box = seen(whole, node);
    if (!box || box.right - box.left < whole.width - 2 || box.bottom - box.top < whole.height - 2) continue;
    const style = getComputedStyle(node);
    if (style.display === 'inline' && node.matches('a, button')) continue;
    const mine = (x, y) => {
      if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return null;
      const other = owner(document.elementFromPoint(x, y));
      return Boolean(other) && (other === node || node.contains(other) || other.contains(node) || other.control === node);
    };
    // the longest stretch that is the control's own, and its middle; the edge of the screen stretches it
    const stretch = (from, to, at) => {
      let best = [0, 0, 0], begin = null;
      for (let p = from; p <= to + 2; p += 2) {
        const own = p > to ? false : at(p);
        if (own === null ? begin !== null : own) begin ??= p;
        else if (begin !== null) { if (p - begin > best[0]) best = [p - begin, begin, p]; begin = null; }
      }
      return best;
    };
    const middle = (box.top + box.bottom) / 2;
    const [wide, left, right] = stretch(box.left - size / 2, box.right + size / 2, x => mine(x, middle));
    if (!wide) continue;
    const [high] = stretch(box.top - size / 2, box.bottom + size / 2, y => mine((left + right) / 2, y));
    const edge = box.left < size / 2 && left <= box.left || box.right > innerWidth - size / 2;
    if (high < least && box.top > 4 && box.bottom < innerHeight - 4 || wide < least && !edge)
      found.push(`too small to touch: ${told(node)} "${words(node)}" ${Math.round(wide)}×${Math.round(high)} of ${Math.round(whole.width)}×${Math.round(whole.height)}`);
  }
  return found; }"""
)

_CHINESE = (
    "() => {"
    + _SEEN
    + r"""
  const said = new Set();
  for (const text of texts()) if (!text.parentElement.closest('[lang^=zh]')) said.add(text.data);
  for (const node of document.querySelectorAll('[aria-label], [title], [placeholder], [data-tip], [alt]'))
    if (rendered(node)) for (const name of ['aria-label', 'title', 'placeholder', 'data-tip', 'alt']) said.add(node.getAttribute(name) || '');
  return [...said].map(words => words.trim().replace(/\s+/g, ' ')).filter(words => /[\u4e00-\u9fff]/.test(words)); }"""
)


async def wrong_in_shape(page: Page, *, phone: bool) -> list[str]:
    """What is too wide, cut, one upon another, or (on a phone) too small to touch; one sentence each."""
    found: list[str] = []
    for script in (_WIDE, _CUT, _OVERLAP):
        found += await page.evaluate(script)
    if phone:
        found += await page.evaluate(_TOUCH, TOUCH_PX)
    return sorted(set(found))


async def shortened(page: Page, data: str) -> list[str]:
    """Words of the interface that end in an ellipsis; names that people gave (in ``data``) may be too long."""
    found = await page.evaluate(_SHORTENED)
    return sorted({f"shortened: {words!r} ({node})" for words, node in found if words not in data})


async def not_english(page: Page, data: str, sentences: Iterable[str]) -> list[str]:
    """Chinese on an English page that is not what people wrote (``data``): a run of characters that occurs nowhere in it,
    or a whole text that is one of the interface's ``sentences``.
    """
    interface = {s for s in sentences if f'"{s}"' not in data}
    found: list[str] = []
    for said in await page.evaluate(_CHINESE):
        foreign = [run for run in CHINESE.findall(said) if run not in data]
        bare = re.sub(r"[\s\d]+$", "", said)
        if foreign or said in interface or bare in interface:
            found.append(f"not English: {said!r}")
    return sorted(set(found))

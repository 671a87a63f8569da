import { html, nothing, svg, type TemplateResult } from "lit";

/** Address of the sprite; the page carries it in `<html data-icons="…">`. */
function sprite(): string {
  return document.documentElement.dataset.icons ?? "/icons.svg";
}

/** A Lucide icon of `size` px with a stroke of 1.5 px. Decorative: give the button around it a name. */
export function icon(name: string, size = 16, className = ""): TemplateResult {
  const stroke = name === "mark" ? undefined : ((24 / size) * 1.5).toFixed(2);
  return html`<svg class="i ${className}" width=${size} height=${size} stroke-width=${stroke ?? nothing} aria-hidden="true">
    ${svg`<use href="${sprite()}#${name}"></use>`}
  </svg>`;
}

/** A state's glyph (12 px): start, quarter, half, most, done, closed or back. */
export function glyph(name: string): TemplateResult {
  return html`<svg class="glyph" width="12" height="12" aria-hidden="true">
    ${svg`<use href="${sprite()}#state-${name}"></use>`}
  </svg>`;
}

/** The same icon as an element, for code that builds DOM by hand. */
export function iconElement(name: string, size = 16): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const element = document.createElementNS(space, "svg");
  element.setAttribute("class", "i");
  element.setAttribute("width", String(size));
  element.setAttribute("height", String(size));
  element.setAttribute("stroke-width", ((24 / size) * 1.5).toFixed(2));
  element.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${sprite()}#${name}`);
  element.append(use);
  return element;
}

/** The same glyph as an element. */
export function glyphElement(name: string): SVGSVGElement {
  const element = iconElement(`state-${name}`, 12);
  element.setAttribute("class", "glyph");
  element.removeAttribute("stroke-width");
  return element;
}

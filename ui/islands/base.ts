import { LitElement } from "lit";
import { ready } from "./i18n";

/**
 * Base of our Lit elements. They render into the page itself (no shadow root), so that the style sheets of the kit
 * apply; what stands between the tags in the server's HTML is replaced by the element's own rendering.
 *
 * Properties are declared with `static properties` and `declare` (no decorators):
 *
 *     class HbThing extends HbElement {
 *       static override properties = { value: { type: String } };
 *       declare value: string;
 *       constructor() { super(); this.value = ""; }
 *     }
 *     define("hb-thing", HbThing);
 */
export abstract class HbElement extends LitElement {
  override connectedCallback(): void {
    // What was set before the element was defined hides its accessors: set it again, through them. (Lit does this for
    // its own properties only.)
    for (const name of ["value", "order"]) {
      if (!Object.hasOwn(this, name)) continue;
      const given = (this as Record<string, unknown>)[name];
      delete (this as Record<string, unknown>)[name];
      (this as Record<string, unknown>)[name] = given;
    }
    super.connectedCallback();
  }

  protected override createRenderRoot(): HTMLElement {
    this.replaceChildren();
    return this;
  }

  /** Send a bubbling event with `detail`; returns false if a listener prevented the default. */
  protected emit<T>(name: string, detail?: T, cancelable = false): boolean {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable }));
  }

  /** The JSON of the `<script type="application/json">` whose id is in attribute `data-source`, or null. */
  protected pageData<T>(): T | null {
    return readJson<T>(this.dataset.source);
  }
}

/** Define a custom element once the words of the page's language are there. Defining twice is harmless. */
export function define(tag: string, element: CustomElementConstructor): void {
  void ready.then(() => {
    if (!customElements.get(tag)) customElements.define(tag, element);
  });
}

/** The JSON inside the `<script type="application/json" id=…>`, or null if there is none. */
export function readJson<T>(id: string | undefined): T | null {
  const text = id ? document.getElementById(id)?.textContent : null;
  return text ? (JSON.parse(text) as T) : null;
}

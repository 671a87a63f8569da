/** `<hb-markdown>`: shows `.value` (Markdown) as formatted text. */
import { html, type TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { define, HbElement } from "../base";
import { markdownHtml } from "./markdown";

export class HbMarkdown extends HbElement {
  static override properties = { value: { type: String } };

  declare value: string;

  constructor() {
    super();
    this.value = "";
  }

  protected override render(): TemplateResult {
    // The parser escapes everything that is not its own tag: markdown.test.ts holds it to that.
    return html`<div class="ft-md">${unsafeHTML(markdownHtml(this.value))}</div>`;
  }
}

define("hb-markdown", HbMarkdown);

/** `<hb-code>`: a text as a barcode or QR code. Set `.value` and `.format` (qr, code128, ean13). */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { define, HbElement } from "../base";
import { t } from "../i18n";

export class HbCode extends HbElement {
  static override properties = { value: { type: String }, format: { type: String }, drawn: { state: true } };

  declare value: string;
  declare format: string;
  /** The SVG; "" where there is none, null while it is being drawn. */
  declare private drawn: string | null;

  constructor() {
    super();
    this.value = "";
    this.format = "qr";
    this.drawn = null;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("value") || changed.has("format")) void this.#draw(this.value, this.format);
  }

  async #draw(value: string, format: string): Promise<void> {
    const { drawCode } = await import("./codes");
    const drawn = await drawCode(value, format);
    if (value === this.value && format === this.format) this.drawn = drawn;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.drawn === null) return html`<span class="sk ft-code-picture ${this.format}"></span>`;
    if (!this.drawn) return nothing;
    return html`<img class="ft-code-picture ${this.format}" alt=${t("「{value}」的码", { value: this.value })} src="data:image/svg+xml;utf8,${encodeURIComponent(this.drawn)}" />`;
  }
}

define("hb-code", HbCode);

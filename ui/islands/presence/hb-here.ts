/** `<hb-here .record=…>` in the record panel: says who else has this record open, and tells them that we have. */
import { html, nothing, type TemplateResult } from "lit";
import { define, HbElement } from "../base";
import { t } from "../i18n";
import { avatar } from "../record/people";
import { openedRecord, others, setOpenedRecord } from "./presence";

class HbHere extends HbElement {
  static override properties = { record: { type: String } };
  declare record: string;
  readonly #again = () => this.requestUpdate();

  constructor() {
    super();
    this.record = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("hb:present", this.#again);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("hb:present", this.#again);
    if (openedRecord() === this.record) setOpenedRecord(null);
  }

  protected override updated(): void {
    if (this.record) setOpenedRecord(this.record);
  }

  protected override render(): TemplateResult | typeof nothing {
    const here = others().filter((one) => one.records.includes(this.record));
    if (!here.length) return nothing;
    const names = here.map((one) => one.name).join(t("、"));
    return html`<p class="rc-here t12 f2" role="status">${here.slice(0, 3).map((one) => avatar(one, "s"))}<span class="cut">${t("{names} 也在看这条", { names })}</span></p>`;
  }
}

define("hb-here", HbHere);

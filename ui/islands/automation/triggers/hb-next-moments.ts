/** `<hb-next-moments>`: the next five moments of a plan, in words. Set `.app`, `.plan`, `.zone` ("" for the app's). */
import { html, type PropertyValues, type TemplateResult } from "lit";
import { api, ApiError } from "../../api";
import { define, HbElement } from "../../base";
import { debounce } from "../../dom";
import { locale, t } from "../../i18n";
import type { Plan } from "../types";

export class HbNextMoments extends HbElement {
  static override properties = { app: { attribute: false }, plan: { attribute: false }, zone: { attribute: false }, moments: { state: true }, problem: { state: true } };
  declare app: string;
  declare plan: Plan;
  declare zone: string;
  declare moments: string[] | null;
  declare problem: string;
  #shownZone = "";
  #asked = "";
  #ask = debounce(() => void this.#load(), 250);

  constructor() {
    super();
    this.moments = null;
    this.problem = "";
  }

  protected override updated(changed: PropertyValues): void {
    const wanted = JSON.stringify([this.plan, this.zone]);
    if ((changed.has("plan") || changed.has("zone")) && wanted !== this.#asked) {
      this.#asked = wanted;
      this.#ask();
    }
  }

  async #load(): Promise<void> {
    const asked = this.#asked;
    try {
      const answer = await api.post<{ moments: string[]; zone: string }>(`/api/v1/apps/${this.app}/schedule`, { plan: this.plan, zone: this.zone || null });
      if (asked !== this.#asked) return;
      this.#shownZone = answer.zone;
      this.moments = answer.moments;
      this.problem = "";
    } catch (failure) {
      if (asked !== this.#asked) return;
      this.moments = [];
      this.problem = failure instanceof ApiError ? failure.message : t("现在连不上,稍后再看");
    }
  }

  protected override render(): TemplateResult {
    if (this.problem) return html`<p class="hint bad">${this.problem}</p>`;
    if (!this.moments) return html`<p class="hint" role="status">${t("正在算…")}</p>`;
    if (!this.moments.length) return html`<p class="hint bad">${t("以后一次也不会到")}</p>`;
    const format = new Intl.DateTimeFormat(locale(), { dateStyle: "full", timeStyle: "short", timeZone: this.#shownZone });
    return html`<ol class="au-next" aria-live="polite">${this.moments.map((moment) => html`<li>${format.format(new Date(moment))}</li>`)}</ol><p class="hint">${t("{zone} 的时间", { zone: this.#shownZone })}</p>`;
  }
}

define("hb-next-moments", HbNextMoments);

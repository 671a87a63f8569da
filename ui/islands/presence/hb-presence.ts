/**
 * `<hb-presence data-table="tbl…">`: avatars of the others who have this table open. Says every few seconds that this page
 * is open too, as long as it can be seen; the server forgets pages that fall silent.
 */
import { html, nothing, type TemplateResult } from "lit";
import { api, ApiError, csrfToken, randomKey } from "../api";
import { define, HbElement } from "../base";
import { debounce } from "../dom";
import { t } from "../i18n";
import { watch } from "../live";
import { colorOf, initialOf } from "../record/people";
import { openedRecord, others, setOthers, type Present } from "./presence";

interface Answer {
  people: Present[];
  again_seconds: number;
}

const most = 4;
const key = "hb-page";

/** A name of this tab, the same after a reload. */
function pageName(): string {
  const known = sessionStorage.getItem(key);
  if (known) return known;
  const made = randomKey();
  sessionStorage.setItem(key, made);
  return made;
}

class HbPresence extends HbElement {
  #page = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop: (() => void) | null = null;
  readonly #soon = debounce(() => void this.#say(), 300);
  readonly #again = () => this.requestUpdate();
  readonly #seen = () => (document.hidden ? clearTimeout(this.#timer) : this.#soon());
  readonly #left = () => this.#leave();

  get #address(): string {
    return `/api/v1/tables/${this.dataset.table}/presence`;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#page = pageName();
    this.#stop = watch([this.dataset.table ?? ""], () => undefined);
    document.addEventListener("hb:present", this.#again);
    document.addEventListener("hb:looking", this.#soon);
    document.addEventListener("hb:presence-changed", this.#soon);
    document.addEventListener("visibilitychange", this.#seen);
    addEventListener("pagehide", this.#left);
    addEventListener("pageshow", this.#seen);
    this.#soon();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    this.#stop?.();
    document.removeEventListener("hb:present", this.#again);
    document.removeEventListener("hb:looking", this.#soon);
    document.removeEventListener("hb:presence-changed", this.#soon);
    document.removeEventListener("visibilitychange", this.#seen);
    removeEventListener("pagehide", this.#left);
    removeEventListener("pageshow", this.#seen);
  }

  /** Renew the lease and learn who is here. What fails is tried again later and shows nobody meanwhile. */
  async #say(): Promise<void> {
    clearTimeout(this.#timer);
    if (document.hidden || !this.isConnected) return;
    let seconds = 15;
    if (navigator.onLine) {
      try {
        const answer = await api.put<Answer>(this.#address, { page: this.#page, record: openedRecord() });
        setOthers(answer.people);
        seconds = answer.again_seconds;
      } catch (failure) {
        setOthers([]);
        if (failure instanceof ApiError && failure.status < 500) return;
      }
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#say(), seconds * 1000);
  }

  /** Told while the page is being left, when nothing can be waited for. */
  #leave(): void {
    clearTimeout(this.#timer);
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrfToken() };
    const body = JSON.stringify({ page: this.#page, gone: true });
    void fetch(this.#address, { method: "PUT", keepalive: true, credentials: "same-origin", headers, body }).catch(() => undefined);
  }

  protected override render(): TemplateResult | typeof nothing {
    const people = others();
    if (!people.length) return nothing;
    const names = people.map((one) => one.name).join(t("、"));
    return html`<span class="avs" role="img" aria-label=${t("也在看这张表:{names}", { names })}>
      ${people.slice(0, most).map((one) => html`<span class="av c-${colorOf(one.id)}" data-tip=${one.name}>${initialOf(one.name)}</span>`)}
      ${people.length > most ? html`<span class="av" data-tip=${people.slice(most).map((one) => one.name).join(t("、"))}>+${people.length - most}</span>` : nothing}
    </span>`;
  }
}

define("hb-presence", HbPresence);

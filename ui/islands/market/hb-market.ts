/**
 * `<hb-market>`: the cards of the market come from the server; this narrows them by category and words while one types,
 * and keeps both in the address.
 */
import "../../styles/market.css";
import { define } from "../base";

class HbMarket extends HTMLElement {
  #category = "";

  connectedCallback(): void {
    this.#category = this.dataset.category ?? "";
    const input = this.querySelector<HTMLInputElement>(".mk-find input")!;
    input.addEventListener("input", () => this.#narrow());
    for (const button of this.querySelectorAll<HTMLButtonElement>(".seg [data-category]")) {
      button.addEventListener("click", () => this.#choose(button.dataset.category ?? ""));
    }
    this.querySelector("[data-all]")?.addEventListener("click", () => {
      input.value = "";
      this.#choose("");
      input.focus();
    });
    this.#narrow();
  }

  #choose(category: string): void {
    this.#category = category;
    for (const button of this.querySelectorAll<HTMLElement>(".seg [data-category]")) {
      button.setAttribute("aria-pressed", String(button.dataset.category === category));
    }
    this.#narrow();
  }

  #narrow(): void {
    const text = this.querySelector<HTMLInputElement>(".mk-find input")!.value.trim().toLowerCase();
    const words = text.split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const card of this.querySelectorAll<HTMLElement>(".mk-cards > li")) {
      const fits = (!this.#category || card.dataset.category === this.#category) && words.every((word) => card.dataset.words!.includes(word));
      card.hidden = !fits;
      if (fits) shown += 1;
    }
    this.querySelector<HTMLElement>(".mk-none")!.hidden = shown > 0;
    const address = new URL(location.href);
    for (const [name, value] of [["q", text], ["category", this.#category]] as const) {
      if (value) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    address.searchParams.delete("kind");
    history.replaceState(null, "", address);
  }
}

define("hb-market", HbMarket);

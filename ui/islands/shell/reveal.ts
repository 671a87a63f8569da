/** `data-reveal="id"`: a button in a password field that shows what is typed, and hides it again. */
import { delegate } from "../dom";

export function startReveal(): void {
  delegate("click", "[data-reveal]", (_event, button) => {
    const input = document.getElementById(button.dataset.reveal ?? "");
    if (!(input instanceof HTMLInputElement)) return;
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    input.focus();
  });
  // A browser offers to keep what is in a password field only while it is one.
  document.addEventListener("submit", (event) => {
    for (const button of (event.target as HTMLElement).querySelectorAll<HTMLElement>('[data-reveal][aria-pressed="true"]')) {
      const input = document.getElementById(button.dataset.reveal ?? "");
      if (input instanceof HTMLInputElement) input.type = "password";
      button.setAttribute("aria-pressed", "false");
    }
  });
}

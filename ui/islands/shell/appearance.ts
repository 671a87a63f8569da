/** Theme and language switches: `data-theme-choice="light|dark|system"` and `data-language-choice="zh|en"` buttons. */
import { api, showError } from "../api";
import { delegate, setCookie } from "../dom";

export type Theme = "light" | "dark" | "system";

function signedIn(): boolean {
  return Boolean(document.documentElement.dataset.user);
}

/** Show the page in `theme` and remember it on this device. Charts listen to `hb:theme`. */
export function setTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  setCookie("hb_theme", theme === "system" ? "" : theme);
  markChoices(theme);
  document.dispatchEvent(new CustomEvent("hb:theme"));
}

function markChoices(theme: string): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  }
}

/** Remember the language with the person (or on this device, before sign-in) and show the page in it. */
export async function setLanguage(language: string): Promise<void> {
  setCookie("hb_language", language);
  try {
    if (signedIn()) await api.patch("/api/v1/me", { language });
  } catch (failure) {
    showError(failure);
    return;
  }
  location.reload();
}

export function startAppearance(): void {
  markChoices(document.documentElement.dataset.theme ?? "system");
  delegate("click", "[data-theme-choice]", (_event, button) => setTheme(button.dataset.themeChoice as Theme));
  delegate("click", "[data-language-choice]", (_event, button) => void setLanguage(button.dataset.languageChoice ?? "zh"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new CustomEvent("hb:theme")));
}

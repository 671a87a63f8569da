/** The left rail: folding to icons (remembered), drawer on phones, filter of its entries. */
import { delegate, isPhone, setCookie } from "../dom";
import { t } from "../i18n";

function app(): HTMLElement | null {
  return document.querySelector<HTMLElement>(".app");
}

function setDrawer(open: boolean): void {
  const shell = app();
  if (!shell) return;
  shell.classList.toggle("rail-open", open);
  document.querySelector(".top-menu")?.setAttribute("aria-expanded", String(open));
  if (open) shell.querySelector<HTMLElement>(".rail-app")?.focus();
  else if (isPhone()) document.querySelector<HTMLElement>(".top-menu")?.focus();
}

/** Show only the entries whose name contains the words typed into the rail's search. */
function filterEntries(words: string): void {
  const wanted = words.trim().toLowerCase();
  for (const entry of document.querySelectorAll<HTMLElement>(".rail-scroll .rail-i")) {
    entry.hidden = wanted !== "" && !(entry.textContent ?? "").toLowerCase().includes(wanted);
  }
  for (const section of document.querySelectorAll<HTMLElement>(".rail-sec")) {
    section.hidden = wanted !== "" && !section.querySelector(".rail-i:not([hidden])");
  }
  sayNone(wanted !== "" && !document.querySelector(".rail-scroll .rail-i:not([hidden])") ? t("没有找到「{words}」", { words: words.trim() }) : "");
}

/** Say that the rail has nothing of the kind; nothing when `words` is empty. */
function sayNone(words: string): void {
  const list = document.querySelector(".rail-scroll");
  const said = list?.querySelector(".rail-lost") ?? list?.appendChild(Object.assign(document.createElement("p"), { className: "rail-lost" }));
  if (!said) return;
  said.setAttribute("role", "status");
  said.textContent = words;
}

export function startRail(): void {
  delegate("click", ".rail-fold", () => {
    const folded = app()?.classList.toggle("mini") ?? false;
    setCookie("hb_rail", folded ? "mini" : "");
    document.querySelector(".rail-fold")?.setAttribute("aria-pressed", String(folded));
  });
  delegate("click", ".top-menu", () => setDrawer(true));
  delegate("click", ".rail-scrim, .rail-close", () => setDrawer(false));
  delegate<KeyboardEvent>("keydown", ".rail", (event) => {
    if (event.key === "Escape" && app()?.classList.contains("rail-open")) setDrawer(false);
  });
  delegate("input", ".rail-find input", (_event, input) => filterEntries((input as HTMLInputElement).value));
  delegate<KeyboardEvent>("keydown", ".rail-find input", (event, input) => {
    if (event.key === "Enter") document.querySelector<HTMLElement>(".rail-scroll .rail-i:not([hidden])")?.click();
    if (event.key !== "Escape" || !(input as HTMLInputElement).value) return;
    event.stopPropagation();
    (input as HTMLInputElement).value = "";
    filterEntries("");
  });
  document.querySelector(".rail-i[aria-current]")?.scrollIntoView({ block: "nearest" });
}

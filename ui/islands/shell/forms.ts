/** Small behaviours of forms: a busy submit button, submit on change, confirmation before something dangerous. */
import { confirmDialog } from "../dialog/dialog";
import { delegate } from "../dom";
import { t } from "../i18n";

interface ConfirmDetail {
  question: string | null;
  elt: HTMLElement;
  issueRequest: (skip: boolean) => void;
}

export function startForms(): void {
  // A plain form that leaves the page: one submit only, and its button turns until the next page comes.
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || form.matches("[hx-post],[hx-get],[hx-put],[hx-patch],[hx-delete]")) return;
    (event as SubmitEvent).submitter?.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll('form [aria-busy="true"]')) button.removeAttribute("aria-busy");
  });
  delegate("change", "[data-submit-on-change]", (_event, input) => input.closest("form")?.requestSubmit());
  // hx-confirm asks in our own dialog; data-confirm-action is the verb on its button.
  document.addEventListener("htmx:confirm", (event) => {
    const { question, elt, issueRequest } = (event as CustomEvent<ConfirmDetail>).detail;
    if (!question) return;
    event.preventDefault();
    void confirmDialog({ heading: question, ...(elt.dataset.confirmText ? { text: elt.dataset.confirmText } : {}), action: elt.dataset.confirmAction ?? t("继续"), danger: elt.dataset.confirmDanger !== undefined })
      .then((yes) => yes && issueRequest(true));
  });
  // data-copy="text" copies it.
  delegate("click", "[data-copy]", (_event, button) => {
    void copyText(button.dataset.copy ?? "").then(async (copied) => {
      const { toast } = await import("../toast/toast");
      toast(copied ? t("已复制") : t("浏览器不允许复制,请手动选中复制"), { kind: copied ? "done" : "bad" });
    });
  });
}

/** Copy text, also on pages without https, where the clipboard API is missing. */
export async function copyText(text: string): Promise<boolean> {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // Falls through to the old way.
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "sr";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}

/** Keys that work on every page: Ctrl/⌘-K search, Ctrl/⌘-Z and Ctrl/⌘-Y outside of inputs, ? for the list of keys. */
import { html } from "lit";
import { isApple, isCommand, isTyping } from "../dom";
import { openDialog } from "../dialog/dialog";
import { t } from "../i18n";
import { openPalette } from "../palette/palette";
import { redo, undo } from "../undo";

/** A page adds the keys it answers to, for the list under "?". */
export const shortcutHelp: { keys: string; does: string }[] = [];

function help(): void {
  const command = isApple ? "⌘" : "Ctrl ";
  const rows = [
    { keys: `${command}K`, does: t("搜索记录、表、页面、命令") },
    { keys: `${command}Z`, does: t("撤销") },
    { keys: `${command}${isApple ? "⇧Z" : "Y"}`, does: t("重做") },
    ...shortcutHelp.map((row) => ({ ...row, keys: row.keys.replaceAll("Mod+", command) })),
    { keys: "?", does: t("看全部快捷键") },
  ];
  void openDialog({
    heading: t("快捷键"),
    size: "m",
    body: html`<dl class="keys">${rows.map((row) => html`<div class="row"><dt class="grow">${row.does}</dt><dd><kbd class="kbd">${row.keys}</kbd></dd></div>`)}</dl>`,
  });
}

export function startShortcuts(): void {
  for (const label of document.querySelectorAll<HTMLElement>("[data-mod-key]")) {
    label.textContent = `${isApple ? "⌘" : "Ctrl "}${label.dataset.modKey}`;
  }
  // Heard last: an editor on the page that takes its own last step back must not have a change of records undone as well.
  window.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const key = event.key.toLowerCase();
    if (isCommand(event) && !event.altKey && key === "k") {
      event.preventDefault();
      openPalette();
    } else if (isTyping(event) || document.querySelector("dialog[open]")) {
      return;
    } else if (isCommand(event) && key === "z") {
      event.preventDefault();
      void (event.shiftKey ? redo() : undo());
    } else if (isCommand(event) && key === "y") {
      event.preventDefault();
      void redo();
    } else if (event.key === "?" && !isCommand(event)) {
      event.preventDefault();
      help();
    }
  });
}

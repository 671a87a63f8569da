/** A problem's sentence as a page shows it: a record that it names is a link to it, in a new tab so that nothing typed is lost. */
import { html, type TemplateResult } from "lit";
import { t } from "../i18n";

const named = /\s*[((](rec[0-9A-Za-z]{14})[))]/;

/** The sentence, and the id of the record in it (null for none). */
export function splitSaid(message: string): { before: string; record: string | null; after: string } {
  const found = named.exec(message);
  if (!found) return { before: message, record: null, after: "" };
  return { before: message.slice(0, found.index), record: found[1]!, after: message.slice(found.index + found[0].length) };
}

export function said(message: string): TemplateResult {
  const { before, record, after } = splitSaid(message);
  if (!record) return html`${message}`;
  return html`${before}(<a class="said" href="/r/${record}" target="_blank" rel="noopener">${t("看那条记录")}</a>)${after}`;
}

/**
 * Words in the reader's language. Message ids are the Chinese sentences themselves; another language's sentences come
 * from `/i18n/<language>.json`, which the page names in `<html data-catalogue="…">`.
 */
export type Params = Record<string, string | number>;

let catalogue: Record<string, string> = {};

/** The page's language: "zh" or "en". */
export function language(): string {
  return document.documentElement.lang.startsWith("en") ? "en" : "zh";
}

/** The locale for Intl, e.g. "zh-CN". */
export function locale(): string {
  return document.documentElement.lang || "zh-CN";
}

/**
 * The sentence for `msgid`, its `{name}` places filled; a place without a parameter stays visible. `{n|record|records}` in
 * a catalogue is the first word where `n` is one, and the second where it is not.
 */
export function t(msgid: string, params?: Params): string {
  const sentence = catalogue[msgid] ?? msgid;
  if (!params) return sentence;
  return sentence.replace(/\{(\w+)(?:\|([^{}|]*)\|([^{}|]*))?\}/g, (place, name: string, one?: string, many?: string) => {
    if (!(name in params)) return place;
    const value = String(params[name]);
    return one === undefined ? value : value === "1" ? one : many!;
  });
}

/** Replace the catalogue (the page's start, and tests). */
export function setCatalogue(sentences: Record<string, string>): void {
  catalogue = sentences;
}

async function load(): Promise<void> {
  const address = document.documentElement.dataset.catalogue;
  if (!address) return;
  try {
    const response = await fetch(address);
    if (response.ok) catalogue = (await response.json()) as Record<string, string>;
  } catch {
    // Without the catalogue the page still works, in Chinese.
  }
}

/** Resolves when `t` speaks the page's language. Custom elements are defined after it. */
export const ready: Promise<void> = load();

/** Mark a msgid that is translated later (in a table of labels); returns it unchanged. */
export function N_(msgid: string): string {
  return msgid;
}

/** What a formula's editor offers while one types: the word at the caret, and the fields and functions that continue it. */

export interface Completable {
  label: string;
  /** Further names it answers to. */
  aliases: string[];
}

export interface Word {
  /** "field" after an open brace, "function" for letters, null where nothing is to be offered. */
  kind: "field" | "function" | null;
  text: string;
  /** Where the word begins (with its brace) and ends in the source. */
  start: number;
  end: number;
}

const letter = /[\p{L}\p{N}_.]/u;

/** The word that ends at the caret. */
export function wordAt(source: string, caret: number): Word {
  const none: Word = { kind: null, text: "", start: caret, end: caret };
  if (insideText(source, caret)) return none;
  const before = source.slice(0, caret);
  const brace = Math.max(before.lastIndexOf("{"), before.lastIndexOf("｛"));
  const closed = Math.max(before.lastIndexOf("}"), before.lastIndexOf("｝"));
  if (brace > closed) {
    const rest = source.slice(caret);
    const close = rest.search(/[}｝]/);
    const stop = rest.search(/[{｛(),+\-*/&=<>]/);
    const own = close >= 0 && (stop < 0 || close < stop) ? caret + close + 1 : caret;
    return { kind: "field", text: before.slice(brace + 1), start: brace, end: own };
  }
  let start = caret;
  while (start > 0 && letter.test(before[start - 1]!)) start -= 1;
  const text = before.slice(start);
  if (!text || /^[\d.]/.test(text)) return none;
  return { kind: "function", text, start, end: caret };
}

/** The name of the function whose brackets the caret stands in, the innermost one; null outside of any. */
export function callAt(source: string, caret: number): string | null {
  const open: string[] = [];
  let name = "";
  let quoted = false;
  let braced = false;
  for (const char of source.slice(0, caret)) {
    if (quoted) {
      if (/["“”]/.test(char)) quoted = false;
    } else if (braced) {
      if (/[}｝]/.test(char)) braced = false;
    } else if (/["“”]/.test(char)) quoted = true;
    else if (/[{｛]/.test(char)) braced = true;
    else if (/[(\uFF08]/.test(char)) open.push(name);
    else if (/[)\uFF09]/.test(char)) open.pop();
    if (!quoted && !braced && letter.test(char)) name += char;
    else if (!/\s/.test(char)) name = "";
  }
  return open.findLast((one) => one !== "") ?? null;
}

/** Whether the caret stands inside a quoted text. */
export function insideText(source: string, caret: number): boolean {
  let open = "";
  for (const char of source.slice(0, caret)) {
    if (open) {
      if (char === '"' || char === "”" || char === "“") open = "";
    } else if (char === '"' || char === "“" || char === "”") open = char;
  }
  return open !== "";
}

/** Those that begin with the word, then those that contain it. */
export function offers<T extends Completable>(items: readonly T[], text: string, limit = 8): T[] {
  const wanted = text.trim().toLowerCase();
  const names = (item: T) => [item.label, ...item.aliases].map((name) => name.toLowerCase());
  const begins = items.filter((item) => names(item).some((name) => name.startsWith(wanted)));
  const contains = items.filter((item) => !begins.includes(item) && names(item).some((name) => name.includes(wanted)));
  return [...begins, ...contains].slice(0, limit);
}

/** The source with the word replaced, and where the caret goes. A function gets its brackets, the caret between them. */
export function completed(source: string, word: Word, kind: "field" | "function", name: string): { source: string; caret: number } {
  const rest = source.slice(word.end);
  if (kind === "field") {
    const text = `{${name.replaceAll("}", "}}")}}`;
    return { source: source.slice(0, word.start) + text + rest, caret: word.start + text.length };
  }
  const open = /^\s*[((]/.test(rest);
  const text = open ? name : `${name}()`;
  return { source: source.slice(0, word.start) + text + rest, caret: word.start + name.length + 1 };
}

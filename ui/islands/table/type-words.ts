/** The kind of field that a name announces ("下单时间" a time, "应付金额" an amount): a start for a person to correct. Pure. */

/** A kind, or `identifier` (a text that names things), and the words that announce it, as a pattern. */
export type KindWords = readonly (readonly [string, string])[];

export interface Guess {
  type: string;
  /** The table of a link. */
  target?: string;
}

/** A name as lower-case words: full-width made half-width, `order_id` and `orderID` made `order id`. */
function plain(name: string): string {
  return name
    .normalize("NFKC")
    .replace(/(?<=[a-z0-9])(?=[A-Z])/g, " ")
    .replace(/[_\-./\\]+/g, " ")
    .toLowerCase()
    .trim()
    .replace(/\s+/g, " ");
}

/** A field called like a table links to it; else the first words that fit tell the kind; else it is a text. */
export function guessType(name: string, words: KindWords, tables: readonly { id: string; name: string }[]): Guess {
  const text = plain(name);
  if (!text) return { type: "text" };
  const table = tables.find((one) => plain(one.name) === text);
  if (table) return { type: "link", target: table.id };
  const kind = words.find(([, pattern]) => new RegExp(pattern, "u").test(text))?.[0] ?? "text";
  return { type: kind === "identifier" ? "text" : kind };
}

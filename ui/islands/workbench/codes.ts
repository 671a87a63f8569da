/** Numbers as they come from labels: made comparable, chosen among several, told apart by courier. */
import { N_ } from "../i18n";

/** One barcode that was read. `format` is the detector's name, e.g. `code_128`. */
export interface Read {
  text: string;
  format: string;
}

// "CODE_128,SF123": what WeCom's and WeChat's own scanners put before the text.
const symbology = /^(?:CODE_?(?:128|39|93)|EAN_?(?:13|8)|UPC_?[AE]|ITF|CODABAR|QR_?CODE),/i;

/** A code as the server compares it: half-width, upper case, no blanks, nothing unprintable. */
export function normalise(code: string): string {
  const text = code
    .normalize("NFKC")
    .replace(/[\p{Cc}\p{Cf}]/gu, "")
    .trim()
    .replace(symbology, "");
  return text.replace(/\s+/g, "").toUpperCase();
}

// Hints only (there is no published list): what letters say is sure, figures alone are not.
const couriers: readonly [RegExp, string][] = [
  [/^SF\d{12,13}$/, N_("顺丰")],
  [/^YT\d{10,16}$/, N_("圆通")],
  [/^JT\d{13}$/, N_("极兔")],
  [/^JD[A-Z0-9]{11,15}$/, N_("京东")],
  [/^DPK\d{12}$/, N_("德邦")],
  [/^[A-Z]{2}\d{9}CN$/, N_("EMS")],
];

/** The courier's name (a msgid) that the number itself tells, or "". */
export function courierOf(code: string): string {
  const plain = normalise(code).split("-")[0]!;
  return couriers.find(([pattern]) => pattern.test(plain))?.[1] ?? "";
}

// no look-behind: iPhones before iOS 16.4 do not know it
const inside = /(?:^|[^A-Z0-9])(SF\d{12,13}|YT\d{10,16}|JT\d{13}|JD[A-Z0-9]{11,15}|DPK\d{12}|[A-Z]{2}\d{9}CN|\d{12,15})(?![A-Z0-9])/;

/** The waybill number in the text of a QR code; null when it holds none (a link, encrypted data). */
export function waybillIn(text: string): string | null {
  return inside.exec(text.normalize("NFKC").toUpperCase())?.[1] ?? null;
}

/** A text that may be a number itself: short, without spaces, no address. */
function isPlainCode(text: string): boolean {
  return /^[A-Z0-9][A-Z0-9._/-]{3,39}$/i.test(text) && !/^(?:HTTPS?|WWW|WEIXIN)/i.test(text);
}

const matrix = new Set(["qr_code", "micro_qr_code", "data_matrix", "aztec", "pdf417"]);

/** Whether a read is a square code, of which labels carry several with other contents. */
export function isMatrix(read: Read): boolean {
  return matrix.has(read.format);
}

/**
 * The one that is meant among what is in the picture: a line code, Code 128 before others; of square codes only the
 * number in them. Null when none is.
 */
export function chosen(reads: readonly Read[]): Read | null {
  const lines = reads.filter((read) => !isMatrix(read) && read.text.trim());
  const line = lines.find((read) => read.format === "code_128") ?? lines[0];
  if (line) return line;
  for (const read of reads.filter(isMatrix)) {
    const number = isPlainCode(read.text.trim()) ? read.text.trim() : waybillIn(read.text);
    if (number) return { text: number, format: read.format };
  }
  return null;
}

/** Accepts a code when it was read the same way twice running; a square code three times, so that a line code wins. */
export class Agreement {
  #last = "";
  #times = 0;

  /** Take what a picture showed; returns the code once it is agreed on. */
  take(reads: readonly Read[]): string | null {
    const read = chosen(reads);
    if (!read) return null; // a blurred frame between two good ones does no harm
    const code = normalise(read.text);
    this.#times = code === this.#last ? this.#times + 1 : 1;
    this.#last = code;
    if (this.#times < (isMatrix(read) ? 3 : 2)) return null;
    this.reset();
    return code;
  }

  reset(): void {
    this.#last = "";
    this.#times = 0;
  }
}

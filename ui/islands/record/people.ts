/** Avatars, the same as the server draws them (`ui/pages/context.py`): initial and colour come from name and id. */
import { html, type TemplateResult } from "lit";

const colors = ["red", "orange", "amber", "lime", "green", "teal", "cyan", "blue", "indigo", "violet", "pink"];

/** CRC-32 of a text in UTF-8, as zlib computes it. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The letter of an avatar: the last character of a Chinese name, else the first. */
export function initialOf(name: string): string {
  const tidy = name.trim() || "?";
  return tidy.charCodeAt(0) < 128 ? tidy[0]!.toUpperCase() : [...tidy].at(-1)!;
}

export function colorOf(id: string): string {
  return colors[crc32(id) % colors.length]!;
}

/** A person's avatar. */
export function avatar(person: { id: string; name: string }, size = ""): TemplateResult {
  return html`<span class="av ${size} c-${colorOf(person.id)}" aria-hidden="true">${initialOf(person.name)}</span>`;
}

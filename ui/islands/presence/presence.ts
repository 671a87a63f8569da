/** What presence knows, shared by the avatars in the top bar and the line in the record panel. */

/** Somebody else who has the table open, with the records open in their pages. */
export interface Present {
  id: string;
  name: string;
  records: string[];
}

let people: Present[] = [];
let looking: string | null = null;

/** The others who are here now. */
export function others(): Present[] {
  return people;
}

/** Tell the page who is here. */
export function setOthers(now: Present[]): void {
  if (JSON.stringify(now) === JSON.stringify(people)) return;
  people = now;
  document.dispatchEvent(new CustomEvent("hb:present"));
}

/** The record that is open in this page, or null. */
export function openedRecord(): string | null {
  return looking;
}

/** Say which record is open in this page now. */
export function setOpenedRecord(record: string | null): void {
  if (record === looking) return;
  looking = record;
  document.dispatchEvent(new CustomEvent("hb:looking"));
}

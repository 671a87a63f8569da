/** The page's address: which view is open, and which record beside it. */

export interface Place {
  view: string | null;
  record: string | null;
}

/** What the address says now. */
export function readPlace(search = location.search): Place {
  const query = new URLSearchParams(search);
  return { view: query.get("view"), record: query.get("record") };
}

/** The address of a place on this page. */
export function addressOf(place: Place, path = location.pathname): string {
  const query = new URLSearchParams();
  if (place.view) query.set("view", place.view);
  if (place.record) query.set("record", place.record);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/**
 * Go to a place without leaving the page. Opening a view or a first record is a step that the back button takes back;
 * going on from record to record is not.
 */
export function goTo(place: Place, step: "push" | "replace"): void {
  const address = addressOf(place);
  if (address === location.pathname + location.search) return;
  history[step === "push" ? "pushState" : "replaceState"](null, "", address);
}

/** The page on which a file is brought into a table. */
export function importPage(table: string): string {
  return `/t/${table}/import`;
}

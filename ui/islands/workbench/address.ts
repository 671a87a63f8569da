/** Where in the workbench one is, as its address says: so that back, reload and a shared link do what one expects. */

export type Place = { view: "home" } | { view: "record"; record: string } | { view: "code"; code: string } | { view: "state"; state: string };

export interface Address {
  place: Place;
  scanning: boolean;
}

/** Read the address's query. */
export function readAddress(search: string): Address {
  const query = new URLSearchParams(search);
  const scanning = query.get("scan") === "1";
  const record = query.get("r");
  const code = query.get("q");
  const state = query.get("s");
  if (record) return { place: { view: "record", record }, scanning };
  if (code) return { place: { view: "code", code }, scanning };
  if (state) return { place: { view: "state", state }, scanning };
  return { place: { view: "home" }, scanning };
}

/** The query for a place; "" for home. */
export function writeAddress({ place, scanning }: Address): string {
  const query = new URLSearchParams();
  if (place.view === "record") query.set("r", place.record);
  if (place.view === "code") query.set("q", place.code);
  if (place.view === "state") query.set("s", place.state);
  if (scanning) query.set("scan", "1");
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** The field types that bring a look of their own (`ui.ts` says what that is). */
import { filesOf } from "../../files/file";
import { attachment } from "./attachment";
import { barcode } from "./barcode";
import { button } from "./button";
import { cascade } from "./cascade";
import { duration } from "./duration";
import { json } from "./json";
import { location } from "./location";
import { member, system } from "./member";
import { progress } from "./progress";
import { rating } from "./rating";
import { stateTime } from "./state-time";
import type { TypeUi } from "./ui";

const types: Record<string, TypeUi> = { attachment, rating, progress, duration, cascade, location, member, barcode, json, created_by: system, updated_by: system, button, state_time: stateTime };

/** What a type brings to the browser; undefined for the plain ones, which grid, panel and filter know themselves. */
export function typeUi(type: string): TypeUi | undefined {
  return types[type];
}

/** What shows a value: that of its field's type, or, where a look-up brings files, what shows files. */
export function looksOf(field: { type: string }, value: unknown): TypeUi | undefined {
  return field.type === "lookup" && filesOf(value).length ? attachment : typeUi(field.type);
}

export const lookTypes: readonly string[] = Object.keys(types);

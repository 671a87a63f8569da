import { expect, test } from "vitest";
import { readAddress, writeAddress, type Address } from "./address";

const places: Address[] = [
  { place: { view: "home" }, scanning: false },
  { place: { view: "home" }, scanning: true },
  { place: { view: "record", record: "rec1" }, scanning: false },
  { place: { view: "code", code: "SF1402 8841&1" }, scanning: false },
  { place: { view: "state", state: "审核中" }, scanning: true },
];

test.each(places)("%j", (address) => expect(readAddress(writeAddress(address))).toEqual(address));

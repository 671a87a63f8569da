import { describe, expect, it } from "vitest";
import type { Field } from "./field";
import { functionsFor } from "./link-forms";
import { sampleNumber, typedNumber } from "./option-forms";
import { formatDateParts } from "./pattern";

const day = new Date(2026, 0, 5, 9, 7);

describe("auto numbers", () => {
  it("show what the next one looks like", () => {
    expect(sampleNumber([{ kind: "text", text: "DD" }, { kind: "date", text: "%Y%m%d" }, { kind: "text", text: "-" }, { kind: "sequence", width: 4 }], day)).toBe("DD20260105-0001");
    expect(sampleNumber([{ kind: "sequence" }], day)).toBe("0001");
  });

  it("write dates as the server does", () => {
    expect(formatDateParts("%y%m%d %H:%M %j %Q", day)).toBe("260105 09:07 005 %Q");
  });
});

describe("numbers being typed", () => {
  it("are numbers, nothing, or the text for the server to refuse", () => {
    expect(typedNumber(" 12.5 ")).toBe(12.5);
    expect(typedNumber(" ")).toBeNull();
    expect(typedNumber("许多")).toBe("许多");
  });
});

describe("roll-ups", () => {
  it("sum only numbers, count everything", () => {
    const field = (type: string, aggregates: string[]): Field => ({ id: "f", name: "f", type, options: {}, aggregates });
    expect(functionsFor(field("currency", ["count", "sum", "avg", "count_filled"]))).toEqual(["sum", "avg", "count_filled"]);
    expect(functionsFor(field("date", ["count", "min", "max", "count_filled"]))).toEqual(["count_filled"]);
    expect(functionsFor(undefined)).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import type { Field } from "./field";
import { functionsFor } from "./link-forms";
import { isGapless, sampleNumber, samples, withPiece } from "./auto-number-form";
import { typedNumber } from "./option-forms";
import { formatDateParts } from "./pattern";

const day = new Date(2026, 0, 5, 9, 7);

describe("auto numbers", () => {
  it("show what the next one looks like", () => {
    expect(sampleNumber([{ kind: "text", text: "DD" }, { kind: "date", text: "%Y%m%d" }, { kind: "text", text: "-" }, { kind: "sequence", width: 4 }], day)).toBe("DD20260105-0001");
    expect(sampleNumber([{ kind: "sequence" }], day)).toBe("0001");
  });

  it("show what comes out for the values of another field", () => {
    const channel: Field = { id: "f", name: "渠道", type: "single_select", options: { choices: [{ id: 1, name: "淘宝", color: "red" }, { id: 2, name: "抖音", color: "red" }, { id: 3, name: "旧", color: "red", archived: true }] } };
    const pieces = [{ kind: "field" as const, field: "f", cases: [{ value: 1, text: "TB" }], other: "QT" }, { kind: "sequence" as const, width: 3 }];
    expect(samples(pieces, [channel], day)).toEqual([{ name: "淘宝", number: "TB001" }, { name: "抖音", number: "QT001" }]);
    expect(samples([{ ...pieces[0]!, other: null }, pieces[1]!], [channel], day)[1]).toEqual({ name: "抖音", number: "抖音001" });
    expect(isGapless(pieces, "never")).toBe(false);
    expect(isGapless([{ ...pieces[0]!, separate: true }], "never")).toBe(true);
    expect(isGapless(pieces, "day")).toBe(true);
  });

  it("take what is added before the sequence that ends them, and behind one that stands elsewhere", () => {
    const [text, count] = [{ kind: "text" as const, text: "-" }, { kind: "sequence" as const, width: 4 }];
    expect(withPiece([count], text)).toEqual([text, count]);
    expect(withPiece([text, count], { kind: "date", text: "%Y" })).toEqual([text, { kind: "date", text: "%Y" }, count]);
    expect(withPiece([count, text], text)).toEqual([count, text, text]);
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
  it("sum only numbers, order only days, count and list everything", () => {
    const field = (type: string, aggregates: string[]): Field => ({ id: "f", name: "f", type, options: {}, aggregates });
    expect(functionsFor(field("currency", ["count", "sum", "avg", "count_filled"]))).toEqual(["count", "sum", "avg", "first", "last", "count_filled", "share_filled", "list", "list_unique"]);
    const day = { ...field("date", ["count", "min", "max", "sum"]), compares: "date" };
    expect(functionsFor(day).filter((fn) => ["min", "max", "sum"].includes(fn))).toEqual(["min", "max"]);
    expect(functionsFor(field("button", ["count"]))).toEqual(["count"]);
    expect(functionsFor(undefined)).toEqual([]);
  });
});

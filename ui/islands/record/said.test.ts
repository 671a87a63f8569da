import { describe, expect, it } from "vitest";
import { splitSaid } from "./said";

describe("sentences that name a record", () => {
  it("are cut around its id", () => {
    expect(splitSaid("「号」不能重复,「1」已有一条记录(rec0123456789abcd)")).toEqual({ before: "「号」不能重复,「1」已有一条记录", record: "rec0123456789abcd", after: "" });
    expect(splitSaid("has it (rec0123456789abcd) already")).toEqual({ before: "has it", record: "rec0123456789abcd", after: " already" });
    expect(splitSaid("「号」必须填写")).toEqual({ before: "「号」必须填写", record: null, after: "" });
  });
});

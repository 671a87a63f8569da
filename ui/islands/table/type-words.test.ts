import { describe, expect, it } from "vitest";
import { guessType, type KindWords } from "./type-words";

const words: KindWords = [
  ["phone", "手机|\\bphone\\b"],
  ["datetime", "时间|\\btime\\b| at$"],
  ["identifier", "单号|\\bid\\b"],
  ["currency", "金额|价$|\\bamount\\b"],
];
const tables = [{ id: "tblC", name: "客户档案" }];

describe("the kind a name announces", () => {
  it("comes from its words", () => {
    expect(guessType("客户手机号", words, tables)).toEqual({ type: "phone" });
    expect(guessType(" created_At ", words, tables)).toEqual({ type: "datetime" });
    expect(guessType("payAmount", words, tables)).toEqual({ type: "currency" });
    expect(guessType("快递单号", words, tables)).toEqual({ type: "text" });
    expect(guessType("姓名", words, tables)).toEqual({ type: "text" });
  });

  it("is a link where a table has that name", () => {
    expect(guessType("客户档案", words, tables)).toEqual({ type: "link", target: "tblC" });
    expect(guessType("", words, tables)).toEqual({ type: "text" });
  });
});

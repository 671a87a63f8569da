import { describe, expect, it } from "vitest";
import { joined, previewText, readParts, valueKey, type Part } from "./parts";
import { setCatalogue } from "../i18n";
import { HbTemplateText } from "./hb-template-text";

const order = { value: { kind: "field", field: "fldA" }, label: "订单 ID", example: "TB-1" };

describe("parts", () => {
  it("are joined and read back from what an editor holds", () => {
    expect(joined(["a", "b", { kind: "now" }, ""])).toEqual(["ab", { kind: "now" }]);
    const root = document.createElement("div");
    root.innerHTML = `【缺货】<span data-value='{"kind":"field","field":"fldA"}'>订单 ID</span> 的<br>第二行<div>第三行</div><br data-tail="1">`;
    expect(readParts(root)).toEqual(["【缺货】", { kind: "field", field: "fldA" }, " 的\n第二行\n第三行"]);
  });
  it("are the same value whatever the order of their keys", () => {
    expect(valueKey({ kind: "field", field: "fldA", of: "trigger" })).toBe(valueKey({ field: "fldA", kind: "field" }));
    expect(valueKey({ kind: "field", field: "fldA", of: "s1" })).not.toBe(valueKey({ kind: "field", field: "fldA" }));
  });
  it("have a preview with examples", () => {
    expect(previewText(["订单 ", order.value, { kind: "gone" }], [order])).toBe("订单 TB-1…");
  });
  it("quote a name in a preview as the reader's language does", () => {
    setCatalogue({ "「{field}」": "“{field}”" });
    expect(previewText(["Order ", order.value], [{ ...order, label: "Number", example: undefined }])).toBe("Order “Number”");
    setCatalogue({});
  });
});

describe("hb-template-text", () => {
  it("shows chips with name and example, and gives the same parts back", async () => {
    await customElements.whenDefined("hb-template-text");
    const editor = document.createElement("hb-template-text") as HbTemplateText;
    const parts: Part[] = ["订单 ", order.value, "\n缺货"];
    editor.values = [order];
    editor.value = parts;
    document.body.replaceChildren(editor);
    await editor.updateComplete;
    expect(editor.querySelector(".vchip")!.textContent).toContain("订单 IDTB-1");
    expect(readParts(editor.querySelector(".tt-text")!)).toEqual(parts);
    editor.value = [{ kind: "field", field: "fldGone" }];
    expect(editor.querySelector(".vchip.lost")).not.toBeNull();
  });
});

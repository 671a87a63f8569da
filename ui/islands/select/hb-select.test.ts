import { describe, expect, it } from "vitest";
import { search, type Option } from "./options";
import { HbSelect } from "./hb-select";

const colours: Option[] = [
  { value: "1", label: "淘宝", color: "orange" },
  { value: "2", label: "拼多多", color: "red" },
  { value: "3", label: "抖音", color: "indigo", sub: "直播" },
];

async function mount(setup: (select: HbSelect) => void = () => {}): Promise<HbSelect> {
  await customElements.whenDefined("hb-select");
  const select = document.createElement("hb-select") as HbSelect;
  select.options = colours;
  setup(select);
  document.body.replaceChildren(select);
  await select.updateComplete;
  return select;
}

async function press(select: HbSelect, key: string): Promise<void> {
  select.querySelector(".sel-box")!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  await select.updateComplete;
  await select.updateComplete;
}

describe("search", () => {
  it("finds every word, in name or remark, whatever the width of letters", () => {
    expect(search(colours, "直播").map((option) => option.value)).toEqual(["3"]);
    expect(search([{ value: "a", label: "ＳＦ速运" }], "sf").length).toBe(1);
  });
  it("puts names that begin with the words first", () => {
    const list = [{ value: "a", label: "非单" }, { value: "b", label: "单选" }];
    expect(search(list, "单").map((option) => option.value)).toEqual(["b", "a"]);
  });
});

describe("hb-select", () => {
  it("says what choosing nothing means, where an option says it", async () => {
    const select = await mount((it) => {
      it.options = [{ value: "", label: "应用的时区" }, ...colours];
      it.value = "";
    });
    expect(select.querySelector(".vals")!.textContent).toContain("应用的时区");
    expect(select.value).toBe("");
  });
  it("reads its options and choice from the page", async () => {
    await customElements.whenDefined("hb-select");
    const box = document.createElement("div");
    box.innerHTML = `<hb-select name="x"><option value="1">甲</option><option value="2" selected>乙</option></hb-select>`;
    document.body.replaceChildren(box);
    const select = document.querySelector<HbSelect>("hb-select")!;
    await select.updateComplete;
    expect(select.value).toBe("2");
    expect(select.querySelector(".vals")!.textContent!.trim()).toBe("乙");
  });

  it("is driven by the keyboard", async () => {
    const select = await mount();
    let changes = 0;
    select.addEventListener("change", () => (changes += 1));
    await press(select, "ArrowDown");
    await press(select, "ArrowDown");
    await press(select, "Enter");
    expect(select.value).toBe("2");
    expect(changes).toBe(1);
  });

  it("keeps several choices and drops the last by Backspace", async () => {
    const select = await mount((element) => {
      element.multiple = true;
      element.value = ["1", "3"];
    });
    await press(select, "Backspace");
    expect(select.value).toEqual(["1"]);
  });

  it("does not choose a disabled option", async () => {
    const select = await mount((element) => (element.options = [{ value: "1", label: "甲", disabled: true, sub: "没有权限" }]));
    await press(select, "ArrowDown");
    await press(select, "Enter");
    expect(select.value).toBe("");
  });
});

import { describe, expect, it } from "vitest";
import type { Field } from "./field";
import { textOf } from "./format";
import { along, pathsOf, searched } from "./hb-levels";
import { linesOf, pastedLines, shifted, treeOf } from "./hb-tree-edit";
import { idsOf, levelsOf } from "./types/cascade";
import { pathOf, regionText } from "./types/location";

const field: Field = {
  id: "f",
  name: "类目",
  type: "cascade",
  options: { tree: [{ id: 1, name: "服装", parent: null }, { id: 2, name: "上衣", parent: 1 }, { id: 3, name: "旧", parent: 1, archived: true }, { id: 4, name: "食品", parent: null }] },
};

describe("a tree of choices", () => {
  it("is read from its flat form, without what was archived", () => {
    const tree = levelsOf(field);
    expect(pathsOf(tree, false).map((path) => path.map((node) => node.name))).toEqual([["服装", "上衣"], ["食品"]]);
    expect(pathsOf(tree, true)).toHaveLength(3);
    expect(idsOf(tree, ["服装", "上衣"])).toEqual(["1", "2"]);
    expect(along(tree, ["1", "9"]).map((node) => node.name)).toEqual(["服装"]);
    expect(searched(tree, "上衣", false)).toHaveLength(1);
    expect(textOf(field, ["服装", "上衣"])).toBe("服装 / 上衣");
  });
  it("is edited as lines that keep their numbers", () => {
    const lines = linesOf(field.options.tree as never);
    expect(lines.map(({ name, depth }) => [name, depth])).toEqual([["服装", 0], ["上衣", 1], ["食品", 0]]);
    expect(treeOf(lines)).toEqual([{ id: 1, name: "服装", children: [{ id: 2, name: "上衣", children: [] }] }, { id: 4, name: "食品", children: [] }]);
    expect(shifted(lines, 2, 1).map((line) => line.depth)).toEqual([0, 1, 1]);
    expect(shifted(lines, 0, 1)).toEqual(lines);
    expect(shifted(lines, 1, -1).map((line) => line.depth)).toEqual([0, 0, 0]);
    expect(linesOf(treeOf(lines)).map((line) => line.id)).toEqual([1, 2, 4]);
  });
  it("is pasted as paths or with indents", () => {
    expect(treeOf(pastedLines("服装/上衣/衬衫\n服装/裤装", 0))).toEqual([{ name: "服装", children: [{ name: "上衣", children: [{ name: "衬衫", children: [] }] }, { name: "裤装", children: [] }] }]);
    expect(treeOf(pastedLines("甲\n\t乙\n丙", 0))).toEqual([{ name: "甲", children: [{ name: "乙", children: [] }] }, { name: "丙", children: [] }]);
  });
});

describe("addresses", () => {
  it("say a municipality once and lead from the province down", () => {
    const beijing = { code: "110105", province: "北京市", city: "北京市", district: "朝阳区", detail: "望京街" };
    expect(regionText(beijing)).toBe("北京市朝阳区");
    expect(pathOf(beijing)).toEqual(["110000", "110100", "110105"]);
    expect(pathOf({ code: "330000", province: "浙江省", city: "", district: "", detail: "" })).toEqual(["330000"]);
    expect(textOf({ ...field, type: "location" }, beijing)).toBe("北京市朝阳区望京街");
  });
});

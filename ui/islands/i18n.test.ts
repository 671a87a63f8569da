import { afterEach, expect, it } from "vitest";
import { setCatalogue, t } from "./i18n";

afterEach(() => setCatalogue({}));

it("fills places, and leaves those that nothing is given for", () => {
  expect(t("共 {n} 条,{left} 条", { n: "1,204" })).toBe("共 1,204 条,{left} 条");
});

it("chooses the word that goes with the number where a language has two", () => {
  setCatalogue({ "删除 {n} 条记录?": "Delete {n} {n|record|records}?" });
  expect(t("删除 {n} 条记录?", { n: 1 })).toBe("Delete 1 record?");
  expect(t("删除 {n} 条记录?", { n: "1" })).toBe("Delete 1 record?");
  expect(t("删除 {n} 条记录?", { n: 0 })).toBe("Delete 0 records?");
  expect(t("删除 {n} 条记录?", { n: "1,000" })).toBe("Delete 1,000 records?");
});

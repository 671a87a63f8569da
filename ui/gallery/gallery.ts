/**
 * Every component with made-up data, for work on the design system (`npm run gallery`, then /ui/gallery/index.html). It is
 * served by Vite's development server only and is no part of the product. `?show=grid|parts`, `&rows=100000`, `&group`, `&lang=en`.
 */
import "../islands/app";
import { fields, orders } from "./orders";
import { MemorySource } from "../islands/grid/source-memory";
import type { HbGrid } from "../islands/grid/hb-grid";
import { parts } from "./parts";

const wanted = new URLSearchParams(location.search);
const main = document.querySelector<HTMLElement>("#main")!;

async function showGrid(): Promise<void> {
  await import("../islands/grid/hb-grid");
  await customElements.whenDefined("hb-grid");
  const grouped = wanted.has("group");
  const rows = orders(Number(wanted.get("rows") ?? 1000));
  const source = new MemorySource(fields, rows, {
    delay: Number(wanted.get("delay") ?? 40),
    groupField: grouped ? "fldState" : null,
    judge: (field, value) => (field.type === "phone" && value !== null && !/^1\d{10}$/.test(String(value)) ? "手机号是 11 位数字,以 1 开头" : null),
    choices: Array.from({ length: 30 }, (_none, index) => ({ id: `recX${index}`, name: `客户 ${index + 1}`, details: "杭州 · 138 0000 0000" })),
  });
  const grid = document.createElement("hb-grid") as HbGrid;
  main.replaceChildren(grid);
  grid.configure({
    source,
    fields,
    primary: "fldNumber",
    columns: fields.map((field) => ({ field: field.id, summary: field.type === "currency" ? "sum" : null })),
    groupField: grouped ? "fldState" : null,
    sorts: [{ field: "fldPlaced", descending: true }],
    filtered: ["fldState"],
    canEdit: true,
    canCreate: true,
    canBuild: true,
    mark: (record) => (Number(record.fields.fldRisk) > 92 ? "danger" : Number(record.fields.fldRisk) > 85 ? "warn" : null),
  });
  document.addEventListener("hb:undone", () => source.undo());
  Object.assign(window, { grid, source });
}

if (wanted.get("theme")) document.documentElement.dataset.theme = wanted.get("theme")!;
if (wanted.get("show") === "grid") await showGrid();
else parts(main);

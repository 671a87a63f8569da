/** Cards with the components that are not the grid. */
import { html, render } from "lit";
import { confirmDialog } from "../islands/dialog/dialog";
import { toast, toastUndo } from "../islands/toast/toast";
import { fields } from "./orders";

const channels = fields[2]!.options.choices!.map((choice) => ({ value: choice.name, label: choice.name, color: choice.color }));

const values = [
  { value: { kind: "field", field: "fldNumber" }, label: "订单 ID", icon: "hash", example: "TB20260115-0412", group: "触发的记录" },
  { value: { kind: "field", field: "fldLines" }, label: "商品明细", icon: "link", example: "苎麻围巾 米白 ×3", group: "触发的记录" },
  { value: { kind: "output", step: "s1", key: "reason" }, label: "预占结果", icon: "package", example: "缺 1 件", group: "步骤 1 预占库存" },
];

const where = {
  kind: "group",
  conjunction: "and",
  items: [
    { kind: "condition", field: "fldState", op: "is_any_of", value: ["已支付", "审核中"] },
    { kind: "condition", field: "fldPlaced", op: "older_than", value: { amount: 24, unit: "hour" } },
    { kind: "group", conjunction: "or", items: [{ kind: "condition", field: "fldWords", op: "is_any_of", value: ["急单"] }, { kind: "condition", field: "fldPaid", op: "gt", value: 800 }] },
  ],
};

export function parts(main: HTMLElement): void {
  const shown = document.createElement("pre");
  render(
    html`<div class="gallery">
      <section class="wide" data-part="filter"><h2>hb-filter</h2><hb-filter .fields=${fields} .value=${where} @change=${(event: Event) => (shown.textContent = JSON.stringify((event.target as HTMLElement & { value: unknown }).value))}></hb-filter>${shown}</section>
      <section data-part="sorts"><h2>hb-sorts</h2><hb-sorts .fields=${fields} .value=${[{ field: "fldPlaced", descending: true }, { field: "fldState" }]}></hb-sorts></section>
      <section data-part="fields"><h2>hb-fields</h2><hb-fields .fields=${fields} primary="fldNumber" .value=${fields.slice(0, 7).map((field) => field.id)}></hb-fields></section>
      <section data-part="text"><h2>hb-template-text</h2>
        <hb-template-text .values=${values} .value=${["【缺货】订单 ", values[0]!.value, " 的 ", values[1]!.value, ",", values[2]!.value, "\n2 分钟内回复处理办法"]}></hb-template-text><br />
        <hb-template-text single .values=${values} .value=${["订单 ", values[0]!.value]}></hb-template-text>
      </section>
      <section data-part="select"><h2>hb-select</h2>
        <div class="stack">
          <hb-select label="渠道" look="tag" multiple creatable .options=${channels} .value=${["淘宝", "抖音"]}></hb-select>
          <hb-select label="渠道" look="chan" .options=${channels} .value=${"微信"}></hb-select>
          <hb-select label="渠道" disabled .options=${channels} .value=${"微信"}></hb-select>
          <hb-select label="渠道" invalid .options=${channels}></hb-select>
        </div>
      </section>
      <section data-part="say"><h2>toast, dialog</h2>
        <div class="wrap">
          <button class="btn" @click=${() => toastUndo("已关闭 12 条订单,释放预占 18 件", () => toast("已撤销"))}>toastUndo</button>
          <button class="btn" @click=${() => toast("连不上服务器,请检查网络", { kind: "bad", code: "offline" })}>toast bad</button>
          <button class="btn" @click=${() => void confirmDialog({ heading: "删除 37 条记录?", text: "会进回收站,之后可以恢复。", action: "删除 37 条", danger: true })}>confirmDialog</button>
        </div>
      </section>
    </div>`,
    main,
  );
}

/** Made-up orders for the gallery. */
import type { Field, RecordData } from "../islands/fields/field";

const choice = (id: number, name: string, color: string) => ({ id, name, color });

export const fields: Field[] = [
  { id: "fldNumber", name: "订单 ID", type: "auto_number", options: {}, readonly: true },
  {
    id: "fldState",
    name: "订单状态",
    type: "single_select",
    options: {
      choices: [choice(1, "待支付", "cyan"), choice(2, "已支付", "blue"), choice(3, "审核中", "amber"), choice(4, "已发货", "indigo"), choice(5, "已完成", "green"), choice(6, "已关闭", "grey"), choice(7, "售后中", "pink")],
      machine: {
        initial: [1],
        transitions: [[1, 2], [1, 6], [2, 3], [2, 6], [3, 2], [3, 4], [3, 6], [4, 5], [4, 7], [7, 6], [7, 5]].map(([source, target]) => ({ source: source!, target: target! })),
        states: [{ choice: 5, kind: "done" }, { choice: 6, kind: "cancelled" }, { choice: 7, kind: "waiting" }],
      },
    },
  },
  { id: "fldChannel", name: "渠道来源", type: "single_select", options: { choices: [choice(1, "淘宝", "orange"), choice(2, "拼多多", "red"), choice(3, "抖音", "indigo"), choice(4, "微信", "green"), choice(5, "线下", "grey")] } },
  { id: "fldCustomer", name: "客户", type: "link", options: { table: "tblCustomers", many: false } },
  { id: "fldPhone", name: "客户手机号", type: "phone", options: { format: "mainland" } },
  { id: "fldLines", name: "商品明细", type: "link", options: { table: "tblLines", many: true } },
  { id: "fldDue", name: "应付金额", type: "currency", options: { currency: "CNY", decimals: 2 } },
  { id: "fldPaid", name: "实付金额", type: "currency", options: { currency: "CNY", decimals: 2 } },
  { id: "fldWords", name: "关键词", type: "multi_select", options: { choices: [choice(1, "急单", "red"), choice(2, "门卫", "teal"), choice(3, "要发票", "blue"), choice(4, "送礼", "pink"), choice(5, "含赠品", "lime")] } },
  { id: "fldRemark", name: "客服备注", type: "long_text", options: {} },
  { id: "fldInvoice", name: "已开票", type: "checkbox", options: {} },
  { id: "fldRisk", name: "风险分", type: "number", options: { decimals: 0 } },
  { id: "fldPlaced", name: "下单时间", type: "datetime", options: {} },
  { id: "fldDay", name: "发货日", type: "date", options: {} },
  { id: "fldUpdated", name: "更新时间", type: "updated_time", options: {}, readonly: true },
];

const families = [..."周陈李王赵黄吴孙林郑刘许何马高曹沈"];
const given = ["雨桐", "嘉怡", "建国", "思远", "敏", "文静", "海燕", "晓彤", "一凡", "可欣", "洋", "静", "雨", "晓东", "倩", "子涵", "佳"];
const goods = ["棉麻衬衫 红-S ×2", "亚麻阔腿裤 藏青-M", "苎麻围巾 米白 ×3", "水洗棉四件套 灰蓝", "盘扣马甲 靛蓝-L", "棉麻连衣裙 豆绿-M", "提花披肩 赭石", "竹节棉 T 恤 白-XL ×2"];
const remarks = ["请放门卫", "抬头:禾木设计", "周五前要到", "附手写贺卡", "", "改送公司前台", "", "", "易皱,加硬板", ""];
const prefixes = ["TB", "PDD", "DY", "WX", "XX"];
const states = ["审核中", "已支付", "已发货", "已完成", "待支付", "已关闭", "售后中"];

/** `count` orders, always the same ones. */
export function orders(count: number): RecordData[] {
  const pick = <T>(list: readonly T[], seed: number) => list[((seed % list.length) + list.length) % list.length]!;
  const channels = fields[2]!.options.choices!;
  return Array.from({ length: count }, (_none, index) => {
    const seed = (index * 7919 + 13) % 104_729;
    const amount = 89 + (seed % 900);
    const words = index % 3 ? [] : [pick(["急单", "门卫", "要发票", "送礼", "含赠品"], seed)];
    return {
      id: `rec${String(index).padStart(14, "0")}`,
      version: 1,
      fields: {
        fldNumber: `${pick(prefixes, seed)}20260115-${String(index + 1).padStart(4, "0")}`,
        fldState: pick(states, Math.floor(index / 9)),
        fldChannel: pick(channels, seed).name,
        fldCustomer: [{ id: `recC${seed % 200}`, name: pick(families, seed) + pick(given, seed >> 3) }],
        fldPhone: `1${pick(["38", "59", "86", "37", "52"], seed)}${String(10_000_000 + ((seed * 613) % 89_999_999)).slice(0, 8)}`,
        fldLines: Array.from({ length: 1 + (index % 3) }, (_line, line) => ({ id: `recL${index}${line}`, name: pick(goods, seed + line) })),
        fldDue: amount,
        fldPaid: amount - (seed % 40),
        fldWords: index % 7 ? words : [...words, "门卫"],
        fldRemark: pick(remarks, seed),
        fldInvoice: index % 4 === 0,
        fldRisk: seed % 100,
        fldPlaced: new Date(Date.UTC(2026, 0, 15, 0, 26) - index * 137_000).toISOString(),
        fldDay: index % 5 ? `2026-01-${String(10 + (index % 20)).padStart(2, "0")}` : null,
        fldUpdated: new Date(Date.UTC(2026, 0, 16) - index * 31_000).toISOString(),
      },
    };
  });
}

/** How many records stand in the states that still want something done, and which they are. */
import { api } from "../api";
import type { RecordData } from "../fields/field";
import type { StateCount } from "./screens";
import type { PageData } from "./types";

const most = 4;
const listed = 50;

/** Names of the states in which a record is still on its way, in their order; none without a state machine. */
export function openStates({ table, workbench }: PageData): string[] {
  const field = table.fields.find((one) => one.id === workbench.bindings.status);
  const { choices = [], machine } = field?.options ?? {};
  if (!machine) return [];
  const kinds = new Map(machine.states.map((state) => [state.choice, state.kind]));
  return choices.filter((choice) => !choice.archived && ["open", "waiting"].includes(kinds.get(choice.id) ?? "open")).map((choice) => choice.name);
}

/** Records in each of those states, without the empty ones; the first few. */
export async function stateCounts(page: PageData): Promise<StateCount[]> {
  const field = page.workbench.bindings.status!;
  const { groups } = await api.post<{ groups: { keys: unknown[]; values: number[] }[] }>(`/api/v1/tables/${page.table.id}/aggregate`, { groups: [{ field }] });
  const counts = new Map(groups.map((group) => [String(group.keys[0] ?? ""), Number(group.values[0] ?? 0)]));
  return openStates(page)
    .map((name) => ({ name, count: counts.get(name) ?? 0 }))
    .filter((state) => state.count > 0)
    .slice(0, most);
}

/** The newest records in a state, and how many there are. */
export async function recordsIn(page: PageData, state: string): Promise<{ records: RecordData[]; total: number }> {
  const field = page.workbench.bindings.status ?? "";
  const where = { kind: "condition", field, op: "is", value: state };
  const [answer, counted] = await Promise.all([
    api.post<{ records: RecordData[] }>(`/api/v1/tables/${page.table.id}/query`, { where, sorts: [{ field: "$created_at", descending: true }], limit: listed }),
    api.post<{ groups: { values: number[] }[] }>(`/api/v1/tables/${page.table.id}/aggregate`, { where }),
  ]);
  return { records: answer.records, total: Number(counted.groups[0]?.values[0] ?? answer.records.length) };
}

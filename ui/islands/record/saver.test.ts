import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Field, RecordData, Value } from "../fields/field";
import { Saver } from "./saver";

const note = { id: "fldN", name: "备注", type: "text", options: {} } as unknown as Field;

/** A server with one record, which answers when it is told to, one question after the other. */
class Server {
  record: RecordData = { id: "rec1", version: 1, fields: { fldN: "旧", fldM: 1 } };
  readonly asked: string[] = [];
  #held: (() => void)[] = [];
  hold = false;

  write(fields: Record<string, Value>): void {
    this.record = { ...this.record, version: this.record.version + 1, fields: { ...this.record.fields, ...fields } };
  }

  readonly fetch = async (address: string | URL, init?: RequestInit): Promise<Response> => {
    const path = new URL(String(address), "http://x").pathname;
    this.asked.push(`${init?.method ?? "GET"} ${path}`);
    if (this.hold) await new Promise<void>((resolve) => this.#held.push(resolve));
    const say = (status: number, body: unknown) => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
    if (path.endsWith("/history")) return say(200, { entries: [{ actor: { name: "王强" }, changes: [{ field: "fldN" }] }], next_before: null });
    if (init?.method !== "PATCH") return say(200, this.record);
    const [patch] = (JSON.parse(String(init.body)) as { records: { version?: number; fields: Record<string, Value> }[] }).records;
    if (patch!.version !== undefined && patch!.version !== this.record.version) {
      return say(409, { code: "version_conflict", detail: "x", problems: [{ code: "version_conflict", message: "x" }] });
    }
    this.write(patch!.fields);
    return say(200, { records: [this.record], change: "chg1" });
  };

  async answer(): Promise<void> {
    this.#held.shift()?.();
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve));
  }
}

describe("Saver", () => {
  let server: Server;
  let shown: RecordData;
  let saver: Saver;
  beforeEach(() => {
    server = new Server();
    vi.stubGlobal("fetch", server.fetch);
    shown = server.record;
    saver = new Saver({ table: "tbl1", record: () => shown, stored: (record) => (shown = record), changed: () => {} });
  });
  afterEach(() => vi.unstubAllGlobals());

  it("lets the person choose when another's value came in sight while they were typing", async () => {
    const began = saver.seen(note);
    server.write({ fldN: "他的" });
    shown = server.record; // the page has read the record again meanwhile
    const { problems } = await saver.save(note, "我的", began);
    expect(problems.map((problem) => problem.code)).toEqual(["version_conflict"]);
    expect(saver.drafts.get("fldN")?.theirs).toEqual({ value: "他的", who: "王强" });
    expect(server.record.fields.fldN).toBe("他的");
    await saver.keepMine(note);
    expect(server.record.fields.fldN).toBe("我的");
  });

  it("stores when only something else of the record was changed, seen or not", async () => {
    for (const seen of [true, false]) {
      const began = saver.seen(note);
      server.write({ fldM: 2 });
      if (seen) shown = server.record;
      expect((await saver.save(note, `我的 ${seen}`, began)).problems).toEqual([]);
      expect(shown.fields.fldN).toBe(`我的 ${seen}`);
    }
  });

  it("takes what one typed a moment ago for one's own", async () => {
    server.hold = true;
    const first = saver.save(note, "一", saver.seen(note));
    const second = saver.save(note, "二", saver.seen(note));
    await server.answer();
    expect((await first).problems).toEqual([]);
    expect(saver.drafts.get("fldN")?.value).toBe("二"); // still on its way, and still shown
    server.hold = false;
    await server.answer();
    expect((await second).problems).toEqual([]);
    expect(server.record.fields.fldN).toBe("二");
    expect(saver.drafts.size).toBe(0);
  });

  it("does not take an address read again for another's", async () => {
    server.write({ fldN: { code: "330106", detail: "文三路 1 号" } as unknown as Value });
    shown = structuredClone(server.record);
    const began = saver.seen(note);
    server.write({ fldM: 3 });
    shown = structuredClone(server.record);
    expect((await saver.save(note, "北京", began)).problems).toEqual([]);
  });
});

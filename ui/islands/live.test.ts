import { beforeEach, describe, expect, it, vi } from "vitest";

class FakeStream {
  static all: FakeStream[] = [];
  static readonly CLOSED = 2;
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((event: { data: string; lastEventId: string }) => void) | null = null;
  ready: ((event: { lastEventId: string }) => void) | null = null;
  constructor(readonly url: string) {
    FakeStream.all.push(this);
  }
  addEventListener(_type: "ready", listener: (event: { lastEventId: string }) => void): void {
    this.ready = listener;
  }
  close(): void {
    this.readyState = 2;
  }
  send(id: string, data: unknown): void {
    this.onmessage?.({ data: JSON.stringify(data), lastEventId: id });
  }
}

const tick = () => new Promise((resolve) => setTimeout(resolve));

describe("live changes", () => {
  beforeEach(() => {
    FakeStream.all = [];
    vi.resetModules();
    vi.stubGlobal("EventSource", FakeStream);
  });

  it("share one stream and reach only those who watch", async () => {
    const { watch } = await import("./live");
    const first: string[] = [];
    const second: string[] = [];
    watch(["tblA"], (change) => first.push(change.kind));
    watch(["tblB"], (change) => second.push(change.kind));
    await tick();
    expect(FakeStream.all.map((stream) => stream.url)).toEqual(["/api/v1/live?tables=tblA%2CtblB"]);
    FakeStream.all[0]!.send("7", { topic: "tblA", table: "tblA", kind: "update", records: ["rec1"] });
    FakeStream.all[0]!.send("8", { topic: "tblB", kind: "reload" });
    expect(first).toEqual(["update"]);
    expect(second).toEqual(["reload"]);
  });

  it("go on from the newest event when the list of tables changes, and end with the last watcher", async () => {
    const { watch } = await import("./live");
    const stop = watch(["tblA"], () => {});
    await tick();
    FakeStream.all[0]!.ready!({ lastEventId: "6" });
    FakeStream.all[0]!.send("7", { table: "tblA", kind: "create", records: [] });
    const stopOther = watch(["tblB"], () => {});
    await tick();
    expect(FakeStream.all[0]!.readyState).toBe(2);
    expect(FakeStream.all[1]!.url).toContain("last=7");
    stop();
    stopOther();
    await tick();
    expect(FakeStream.all[1]!.readyState).toBe(2);
    expect(FakeStream.all.length).toBe(2);
  });

  it("come back after a refusal", async () => {
    vi.useFakeTimers();
    const { onConnection, watch } = await import("./live");
    const states: boolean[] = [];
    onConnection((connected) => states.push(connected));
    watch(["tblA"], () => {});
    await vi.advanceTimersByTimeAsync(0);
    FakeStream.all[0]!.onopen!();
    FakeStream.all[0]!.readyState = 2;
    FakeStream.all[0]!.onerror!();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(states).toEqual([false, true, false]);
    expect(FakeStream.all.length).toBe(2);
    vi.useRealTimers();
  });

  it("give the connection back while nobody looks, and go on from where they were", async () => {
    vi.useFakeTimers();
    const hidden = vi.spyOn(document, "hidden", "get");
    const { watch } = await import("./live");
    watch(["tblA"], () => {});
    await vi.advanceTimersByTimeAsync(0);
    FakeStream.all[0]!.ready!({ lastEventId: "6" });
    hidden.mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(FakeStream.all[0]!.readyState).toBe(1);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(FakeStream.all[0]!.readyState).toBe(2);
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(0);
    expect(FakeStream.all.map((stream) => stream.url)).toContain("/api/v1/live?tables=tblA&last=6");
    hidden.mockRestore();
    vi.useRealTimers();
  });
});

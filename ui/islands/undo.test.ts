import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { saves } from "./savequeue/savequeue";
import { redo, together, undo } from "./undo";

/** A server that is asked and answers when it is told to. */
class SlowServer {
  readonly asked: string[] = [];
  /** What the person did last. */
  last = "9";
  readonly #waiting: (() => void)[] = [];

  readonly fetch = (address: string | URL, init?: RequestInit): Promise<Response> => {
    const body = JSON.parse(String(init?.body ?? "{}")) as { change?: string };
    this.asked.push([init?.method, new URL(String(address), "http://x").pathname, ...(body.change ? [body.change] : [])].join(" "));
    const answer = { change: `chg${this.asked.length}`, message: "done", records: ["rec1"], undone: body.change ?? this.last };
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(new Response(JSON.stringify(answer), { status: 200, headers: { "Content-Type": "application/json" } })));
    });
  };

  /** Answer what has been asked first. */
  async answer(): Promise<void> {
    this.#waiting.shift()?.();
    await quiet();
  }
}

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve));
}

describe("undo on a slow line", () => {
  let server: SlowServer;
  beforeEach(() => {
    sessionStorage.clear();
    server = new SlowServer();
    vi.stubGlobal("fetch", server.fetch);
  });
  afterEach(() => vi.unstubAllGlobals());

  it("comes after a save that is on its way", async () => {
    void saves.send({ method: "PATCH", path: "/api/v1/tables/tbl1/records", body: {} });
    const undone = undo();
    await quiet();
    expect(server.asked).toEqual(["PATCH /api/v1/tables/tbl1/records"]);
    await server.answer();
    expect(server.asked[1]).toBe("POST /api/v1/undo");
    await server.answer();
    await undone;
  });

  it("pressed twice takes back one change after the other, and redo knows the last of them", async () => {
    const all = Promise.all([undo(), undo(), redo()]);
    await quiet();
    expect(server.asked).toEqual(["POST /api/v1/undo"]);
    await server.answer();
    expect(server.asked).toHaveLength(2);
    await server.answer();
    expect(server.asked[2]).toBe("POST /api/v1/undo chg2");
    await server.answer();
    await all;
  });

  it("goes on after one that was refused", async () => {
    vi.stubGlobal("fetch", vi.fn().mockRejectedValueOnce(new TypeError("network")).mockImplementation(server.fetch));
    const first = undo();
    const second = undo();
    await first;
    await quiet();
    expect(server.asked).toEqual(["POST /api/v1/undo"]);
    await server.answer();
    await second;
  });

  it("takes back what went to the server in batches as one, and does it again as one", async () => {
    together(["7", "8", "9"]);
    const all = Promise.all([undo(), redo()]);
    for (let count = 0; count < 6; count++) {
      await quiet();
      await server.answer();
    }
    await all;
    expect(server.asked.map((line) => line.replace("POST /api/v1/undo", "").trim())).toEqual(["", "8", "7", "chg3", "chg2", "chg1"]);
    server.asked.length = 0;
    server.last = "chg6";
    const thrice = undo();
    for (let count = 0; count < 3; count++) {
      await quiet();
      await server.answer();
    }
    await thrice;
    expect(server.asked.map((line) => line.replace("POST /api/v1/undo", "").trim())).toEqual(["", "chg5", "chg4"]);
    server.asked.length = 0;
    server.last = "6";
    const other = undo();
    await quiet();
    await server.answer();
    await other;
    expect(server.asked).toEqual(["POST /api/v1/undo"]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../api";
import { SaveQueue } from "./savequeue";

const save = { method: "PATCH" as const, path: "/api/v1/x", body: { a: 1 } };

function answer(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

describe("SaveQueue", () => {
  beforeEach(() => {
    localStorage.clear();
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("keeps a save while the server cannot be reached, and sends it afterwards", async () => {
    const network = vi.fn().mockRejectedValueOnce(new TypeError("network")).mockResolvedValueOnce(answer(200, { good: true }));
    vi.stubGlobal("fetch", network);
    const queue = new SaveQueue("one");
    const result = queue.send(save);
    await vi.advanceTimersByTimeAsync(0);
    expect(queue.offline).toBe(true);
    expect(queue.count).toBe(1);
    expect(localStorage.getItem("hb-unsaved:one")).toContain("/api/v1/x");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await result).toEqual({ good: true });
    expect(queue.count).toBe(0);
    expect(localStorage.getItem("hb-unsaved:one")).toBeNull();
  });

  it("gives a refusal back to the one who saved, and keeps nothing", async () => {
    vi.stubGlobal("fetch", vi.fn().mockResolvedValue(answer(422, { code: "invalid_input", detail: "少一位", problems: [] })));
    const queue = new SaveQueue("one");
    await expect(queue.send(save)).rejects.toBeInstanceOf(ApiError);
    expect(queue.count).toBe(0);
  });

  it("repeats a POST with the same key", async () => {
    const network = vi.fn().mockRejectedValueOnce(new TypeError("network")).mockResolvedValueOnce(answer(200, {}));
    vi.stubGlobal("fetch", network);
    const queue = new SaveQueue("one");
    const result = queue.send({ ...save, method: "POST" });
    await vi.advanceTimersByTimeAsync(1_000);
    await result;
    const keys = network.mock.calls.map(([, init]) => (init as { headers: Record<string, string> }).headers["Idempotency-Key"]);
    expect(keys[0]).toBe(keys[1]);
  });

  it("takes up after a reload what the same person could not send", async () => {
    vi.stubGlobal("fetch", vi.fn().mockRejectedValue(new TypeError("network")));
    void new SaveQueue("one").send(save);
    await vi.advanceTimersByTimeAsync(0);
    const network = vi.fn().mockImplementation(() => Promise.resolve(answer(200, {})));
    vi.stubGlobal("fetch", network);
    expect(new SaveQueue("two").restore()).toBe(0);
    const next = new SaveQueue("one");
    expect(next.restore()).toBe(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(next.count).toBe(0);
    expect(network).toHaveBeenCalled();
  });
});

import { afterEach, expect, it, vi } from "vitest";
import { closePopups, markAllRead, markRead, type Notice } from "./store";

afterEach(() => vi.unstubAllGlobals());

it("sends what was seen to although the page is left at once", async () => {
  const sent = vi.fn((_address: string, _init: RequestInit) => Promise.resolve(new Response('{"unread": 0}', { status: 200, headers: { "Content-Type": "application/json" } })));
  vi.stubGlobal("fetch", sent);
  const notice = { id: "ntc1" } as Notice;
  await markRead([notice]);
  await closePopups([notice]);
  await markAllRead(null);
  expect(sent.mock.calls.map(([, init]) => init.keepalive)).toEqual([true, true, true]);
});

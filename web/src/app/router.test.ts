import { expect, test, vi } from "vitest";

vi.stubGlobal("location", { pathname: "/", origin: "http://127.0.0.1" });
vi.stubGlobal("addEventListener", () => undefined);
const { read } = await import("./router.svelte");

test("every path is a page, and what is none says so", () => {
  expect(read("/")).toEqual({ page: "today" });
  expect(read("/live")).toEqual({ page: "live", unit: undefined });
  expect(read("/visits")).toEqual({ page: "visits" });
  expect(read("/visits/0198")).toEqual({ page: "visit", visit: "0198" });
  expect(read("/live/0198")).toEqual({ page: "live", unit: "0198" });
  expect(read("/set-up")).toEqual({ page: "set_up" });
  expect(read("/units")).toEqual({ page: "units" });
  for (const path of ["/nothing", "/units/1", "/live/1/2"]) expect(read(path)).toEqual({ page: "missing" });
});

import { expect, test } from "vitest";
import type { Unit } from "../../sync/local.svelte";
import { calm, matters } from "./attention";

const NOW = Date.parse("2026-08-01T12:00:00Z");

const unit = (id: string, more: Partial<Unit>, state: Partial<NonNullable<Unit["state"]>> = {}): Unit => ({
  id,
  name: id,
  serial: "",
  hardware: "",
  enrolled_at: "",
  version: 1,
  liveness: "online",
  heard_at: "2026-08-01T11:59:30Z",
  listens: true,
  state: {
    firmware: "1", boot: 1, uptime_ms: 1, is_armed: true, armed_reason: "button", clock_state: "synchronised", faults: [], storage_free_bytes: 50,
    storage_total_bytes: 100, unsent_record_count: 0, unsent_upload_count: 0, parked_count: 0, frames_per_ks: 10_000,
    dropped_frame_count: 0, ...state,
  },
  ...more,
});

test("a unit that is well is no matter", () => {
  expect(matters([unit("a", {})], NOW, NOW)).toEqual([]);
});

test("a unit that is late is told before it is silent", () => {
  const found = matters([unit("slow", { heard_at: "2026-08-01T11:56:00Z" })], NOW, NOW);
  expect(found.map((one) => [one.key, one.is_bad])).toEqual([["late slow", false]]);
  expect(found[0]?.text).toContain("4");
});

test("that all is well is said only of units that were asked", () => {
  expect(calm([unit("a", {})], NOW, NOW)).toContain("well");
  expect(calm([unit("a", {})], NOW, NOW - 600_000)).toMatch(/Not known.*10/);
  expect(calm([unit("a", {})], NOW, undefined)).toContain("Not known");
  expect(calm([], NOW, NOW)).toContain("no unit");
});

test("what nobody can ask is no matter of the units", () => {
  const silent = unit("silent", { liveness: "offline", heard_at: "2026-07-31T16:00:00Z" }, { faults: ["too_hot"] });
  expect(matters([silent], NOW, NOW - 600_000)).toEqual([]);
});

test("a unit that does not know the time is told", () => {
  expect(matters([unit("a", {}, { clock_state: "unsynchronised" })], NOW, NOW).map(({ key }) => key)).toEqual(["clock a"]);
});

test("what is wrong is told, the worst first, and of a silent unit only that", () => {
  const found = matters(
    [
      unit("full", {}, { storage_free_bytes: 5 }),
      unit("parked", {}, { parked_count: 2 }),
      unit("hot", {}, { faults: ["too_hot"] }),
      unit("silent", { liveness: "offline", heard_at: "2026-07-31T16:00:00Z" }, { faults: ["too_hot"] }),
      unit("new", { liveness: "never_heard", state: null, heard_at: null }),
    ],
    NOW,
    NOW,
  );
  expect(found.map((one) => [one.key, one.is_bad])).toEqual([
    ["too_hot hot", true],
    ["offline silent", true],
    ["storage full", false],
    ["parked parked", false],
    ["never new", false],
  ]);
  expect(found[1]?.text).toContain("20");
});

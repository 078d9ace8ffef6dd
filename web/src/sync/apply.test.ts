import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { apply, isAwaited, prune, VISITS_MAX } from "./apply";
import { LocalDatabase, type Site, type Visit } from "./database";
import { visit } from "./visit.fixture";

let databases = 0;
const database = (): LocalDatabase => new LocalDatabase(`account-${databases++}`, "tenant");

const site = (id: string, name: string): Site => ({ id, name, time_zone: "Europe/Paris", version: 1, created_at: "2026-08-01T00:00:00.000Z" });

const page = (items: { kind: "site"; record: Site }[], cursor: string, starts_anew = false) => ({
  items: items.map((item, at) => ({ ...item, change_seq: at + 1 })),
  cursor,
  has_more: false,
  starts_anew,
});

test("a page and its cursor are taken over together", async () => {
  const local = database();
  await apply(local, page([{ kind: "site", record: site("a", "Orchard") }], "e.1", true), 1_000);
  await apply(local, page([{ kind: "site", record: site("a", "Meadow") }, { kind: "site", record: site("b", "Heath") }], "e.3"), 2_000);
  expect((await local.sites.toArray()).map((one) => one.name)).toEqual(["Meadow", "Heath"]);
  expect(await local.marks.get("changes")).toEqual({ what: "changes", at_ms: 2_000, cursor: "e.3" });
});

test("a device does not say of when it is before it has everything", async () => {
  const local = database();
  await apply(local, { ...page([], "e.1", true), has_more: true }, 1_000);
  expect(await local.marks.get("changes")).toEqual({ what: "changes", cursor: "e.1" });
  await apply(local, page([], "e.2"), 2_000);
  await apply(local, { ...page([], "e.3"), has_more: true }, 3_000);
  expect(await local.marks.get("changes")).toEqual({ what: "changes", at_ms: 2_000, cursor: "e.3" });
});

test("what begins anew replaces everything", async () => {
  const local = database();
  await apply(local, page([{ kind: "site", record: site("a", "Orchard") }], "e.1", true), 1_000);
  await local.visits.put(visit());
  await apply(local, page([{ kind: "site", record: site("b", "Heath") }], "f.1", true), 2_000);
  expect((await local.sites.toArray()).map((one) => one.id)).toEqual(["b"]);
  expect(await local.visits.count()).toBe(0);
});

test("a deleted visit goes and comes back whole", async () => {
  const local = database();
  const told = async (record: Visit, cursor: string): Promise<void> =>
    apply(local, { items: [{ kind: "visit", change_seq: 1, record }], cursor, has_more: false, starts_anew: false }, 1_000);
  await told(visit(), "e.1");
  await told(visit({ deleted_at: "2026-08-02T12:00:00.000Z", version: 2 }), "e.2");
  expect(await local.visits.count()).toBe(0);
  await told(visit({ version: 3 }), "e.3");
  expect((await local.visits.toArray()).map((one) => one.version)).toEqual([3]);
});

test("a page that cannot be kept leaves the cursor where it was", async () => {
  const local = database();
  await apply(local, page([], "e.1", true), 1_000);
  const broken = page([{ kind: "site", record: { ...site("a", "Orchard"), id: undefined as unknown as string } }], "e.2");
  await expect(apply(local, broken, 2_000)).rejects.toThrow();
  expect((await local.marks.get("changes"))?.cursor).toBe("e.1");
});

test("the oldest visits go first", async () => {
  const local = database();
  const now = Date.parse("2026-08-01T00:00:00.000Z");
  const at = (minutes: number): string => new Date(now - minutes * 60_000).toISOString();
  await local.visits.bulkPut(Array.from({ length: VISITS_MAX + 3 }, (_, n) => visit({ id: `v${n}`, opened_at: at(n) })));
  await local.visits.put(visit({ id: "old", opened_at: "2026-01-01T00:00:00.000Z" }));
  await prune(local, now);
  expect(await local.visits.count()).toBe(VISITS_MAX);
  expect(await local.visits.get("old")).toBeUndefined();
  expect(await local.visits.get(`v${VISITS_MAX + 2}`)).toBeUndefined();
  expect(await local.visits.get("v0")).toBeDefined();
});

test("more is expected of a visit of just now, until all of it is here", async () => {
  const now = Date.parse("2026-08-01T12:00:00.000Z");
  const local = database();
  const clip = (play: { state: string }): Visit["clips"] => [{ id: "c", kind: "clip", state: "stored", sha256: "", bytes: 1, play }];
  const told = async (more: Partial<Visit>): Promise<boolean> => {
    await local.visits.put(visit({ opened_at: "2026-08-01T11:59:00.000Z", closed_at: "2026-08-01T11:59:09.000Z", ...more }));
    return isAwaited(local, now);
  };
  expect(await isAwaited(local, now)).toBe(false);
  expect(await told({ closed_at: null })).toBe(true);
  expect(await told({})).toBe(true);
  expect(await told({ clips: clip({ state: "waiting" }) })).toBe(true);
  expect(await told({ clips: clip({ state: "made" }) })).toBe(false);
  expect(await told({ clips: clip({ state: "set_aside" }) })).toBe(false);
  expect(await told({ no_clip_reason: "no_frames" })).toBe(false);
  expect(await told({ opened_at: "2026-08-01T11:00:00.000Z", closed_at: null })).toBe(false);
});

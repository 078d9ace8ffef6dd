import { expect, test } from "vitest";
import type { Visit } from "../../sync/database";
import { visit } from "../../sync/visit.fixture";
import { clipOf, deed, departed, evidence, lasted, lastedWord, litMs, thumbnail, type Now } from "./told";

const emission = (begun_us: number, ended_us: number) => ({
  begun_us, ended_us, pan_min_mdeg: 0, pan_max_mdeg: 0, tilt_min_mdeg: 0, tilt_max_mdeg: 0, track: 1,
});

test("what the unit did is told, and nothing that it did not", () => {
  const lit = visit({ emissions: [emission(1_000_000, 3_500_000), emission(6_000_000, 7_000_000)] });
  expect([litMs(lit), lasted(lit)]).toEqual([3_500, 9_000]);
  const NOW = { now_ms: Date.parse(lit.opened_at) + 60_000 };
  expect(deed(lit, NOW)).toContain("3.5");
  expect(deed(visit({ refusals: [{ rule: "disarmed", count: 1, first_us: 1, last_us: 1 }] }), NOW)).toContain("it is disarmed");
  expect(deed(visit({ refusals: [{ rule: "of_a_later_unit", count: 1, first_us: 1, last_us: 1 }] }), NOW)).toContain("of_a_later_unit");
  expect(deed(visit({ refusals: [{ rule: "no_deterrent", count: 1, first_us: 1, last_us: 1 }] }), NOW)).toContain("no deterrent");
  expect(deed(visit({ closed_at: null }), NOW)).toContain("still there");
  const [open, later] = [visit({ closed_at: null }), NOW.now_ms + 3_600_000];
  const told = (now: Now): string => [deed(open, now), lastedWord(open, now)].join();
  for (const silent of [{ now_ms: later }, { now_ms: later, heard_at: open.opened_at }]) expect(told(silent)).not.toMatch(/still there|yet/);
  // A hornet may stay for long; its unit is heard all the while.
  expect(told({ now_ms: later, heard_at: new Date(later - 60_000).toISOString() })).toContain("still there");
});

test("of what was no hornet to the unit no hornet is told", () => {
  const near = visit({ kind: "near_miss", departure: "left" });
  expect([deed(near, { now_ms: Date.parse(near.opened_at) }), departed(near)]).toEqual(["Only watched, not counted", ""]);
  expect(departed(visit({ departure: "left" }))).not.toBe("");
});

test("evidence is told in bee and body lengths, of the list that is known", () => {
  const terms = [{ term: 11, value: 420 }, { term: 12, value: 200 }, { term: 31, value: 128 }, { term: 32, value: 1_600 }];
  const found = { version: 1, score_mnat: 7_000, terms };
  const [length, hover] = evidence(visit({ evidence: found }));
  expect(length).toContain("2.1 ×");
  expect(hover?.replace(/\s/g, " ")).toMatch(/0\.5 .*1\.6 s/);
  // Another version weighs the same terms otherwise.
  expect(evidence(visit({ evidence: { ...found, version: 9 } }))).toEqual([length, hover]);
  expect(evidence(visit({ evidence: { ...found, terms: [] } }))).toEqual([]);
  expect(evidence(visit({ evidence: null }))).toEqual([]);
});

type Play = NonNullable<Visit["clips"][number]["play"]>;

const video = {
  frame_count: 4, duration_us: 400_000, width: 640, height: 480, has_times: true,
  tile_count: 4, tile_columns: 8, tile_width: 160, tile_height: 120,
};

const clip = (state: string, play?: Play): Visit =>
  visit({ clips: [{ id: "c", kind: "clip", state, sha256: "", bytes: 1, ...(play ? { play } : {}) }] });

test("a clip that is not there says why", () => {
  const without = [clip("rejected"), clip("lost"), clip("unverified"), visit({}), visit({ no_clip_reason: "no_frames" })];
  const told = without.map((one) => clipOf(one));
  expect(told.every((one) => one.id === undefined && one.video === undefined)).toBe(true);
  expect(new Set(told.map((one) => one.word)).size).toBe(4);
  expect(told.at(-1)?.word).toContain("no picture could be kept");
  expect(without.map((one) => thumbnail(one))).toEqual(new Array(5).fill(undefined));
});

test("a clip is played once it was made playable, and downloaded before", () => {
  expect(clipOf(clip("stored", { state: "waiting" }))).toMatchObject({ id: "c", video: undefined });
  expect(clipOf(clip("stored", { state: "set_aside", flaw: "play_size" })).word).toContain("too small or too large");
  const made = clip("stored", { state: "made", video });
  expect(clipOf(made)).toMatchObject({ id: "c", video });
  expect(thumbnail(made)).toBe("/api/v1/clips/c/thumbnail.jpg");
});

import { expect, test } from "vitest";
import { evenTimes, frameAt, hovering, readShown, readTrack, seen, stepFrom, timesOf } from "./track";

/** Every frame of a sidecar as a picture, at its time. */
const all = (frames: number[]): [number, number][] => frames.map((us, at) => [at, us - (frames[0] ?? 0)]);

const sidecar = { frames: [5_000_000, 5_100_000, 5_250_000], track: [[1, 7, 32_768, 16_384, 6_553.6, 3_276.8]] };

test("a sidecar tells when each frame is shown and where the hornet was", () => {
  const track = readTrack(sidecar, all(sidecar.frames));
  expect(track?.times).toEqual([0, 0.1, 0.25]);
  expect(track?.points).toEqual([undefined, { x: 0.5, y: 0.25, width: 0.1, height: 0.05 }, undefined]);
  for (const none of [null, {}, { frames: 1, track: 2 }]) expect(readTrack(none, [[0, 0]])).toBeUndefined();
  for (const none of [undefined, null, {}, { frames: [] }, { frames: 3 }]) expect(readShown(none)).toBeUndefined();
});

test("a frame that the unit dropped is no picture: steps go over it", () => {
  const frames = [5_000_000, 5_100_000, 5_200_000, 5_300_000];
  // The third was dropped.
  const shown = readShown({ frames: [[0, 0], [1, 100_000], [3, 300_000]] }) ?? [];
  const track = readTrack({ frames, track: [[3, 7, 32_768, 16_384, 6_553.6, 3_276.8]] }, shown);
  expect(track?.times).toEqual([0, 0.1, 0.3]);
  expect(track?.points[2]).toMatchObject({ x: 0.5 });
  expect(frameAt(timesOf(shown), stepFrom(timesOf(shown), 0.1, 1))).toBe(2);
});

test("a frame is shown from its time on, and a step goes to the next", () => {
  const times = [0, 0.1, 0.25];
  expect([0, 0.05, 0.0997, 0.1, 0.24, 9].map((at) => frameAt(times, at))).toEqual([0, 0, 1, 1, 1, 2]);
  expect(stepFrom(times, 0.12, 1)).toBeCloseTo(0.251);
  expect(stepFrom(times, 0.12, -1)).toBeCloseTo(0.001);
  expect(stepFrom(times, 0.25, 1)).toBeCloseTo(0.251);
  expect(stepFrom(times, 0, -5)).toBeCloseTo(0.001);
});

test("a video without times goes evenly", () => {
  const video = { frame_count: 4, duration_us: 400_000 } as Parameters<typeof evenTimes>[0];
  expect(evenTimes(video)).toEqual([0, 0.1, 0.2, expect.closeTo(0.3)]);
});

test("a track is seen and hovers in spans: a fast flight is no hovering, a moment behind others ends nothing", () => {
  // Ten pictures a second: it flies in, stays for a second and a half, with one picture without it, and flies off.
  const places = [0.1, 0.2, 0.3, ...new Array<number>(15).fill(0.4), 0.5, 0.6, 0.7];
  const hidden = 9;
  const times = places.map((_, at) => 1_000_000 + at * 100_000);
  const track = places.flatMap((x, at) => (at === hidden ? [] : [[at, 1, x * 65_536, 32_768, 3_277, 3_277]]));
  const read = readTrack({ frames: times, track }, all(times));
  if (!read) throw new Error("a sidecar is read");
  expect(seen(read)).toEqual([{ from: 0, until: 2 }]);
  expect(hovering(read)).toEqual([{ from: 0.3, until: expect.closeTo(1.7) as number }]);
});

test("what is lost for long is seen in two spans", () => {
  const read = readTrack({ frames: [0, 100_000, 900_000], track: [[0, 1, 1, 1, 9, 9], [1, 1, 1, 1, 9, 9], [2, 1, 1, 1, 9, 9]] }, all([0, 100_000, 900_000]));
  expect(read && seen(read)).toEqual([{ from: 0, until: 0.1 }, { from: 0.9, until: 0.9 }]);
  expect(read && hovering(read)).toEqual([]);
});

import { expect, test } from "vitest";
import { evenTimes, frameAt, readTrack, stepFrom } from "./track";

const sidecar = { frames: [5_000_000, 5_100_000, 5_250_000], track: [[1, 7, 32_768, 16_384, 6_553.6, 3_276.8]] };

test("a sidecar tells when each frame is shown and where the hornet was", () => {
  const track = readTrack(sidecar);
  expect(track?.times).toEqual([0, 0.1, 0.25]);
  expect(track?.points).toEqual([undefined, { x: 0.5, y: 0.25, width: 0.1, height: 0.05 }, undefined]);
  for (const none of [null, {}, { frames: [], track: [] }, { frames: 1, track: 2 }]) expect(readTrack(none)).toBeUndefined();
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

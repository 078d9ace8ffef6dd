import { expect, test } from "vitest";
import { visit } from "../../sync/visit.fixture";
import { lanes } from "./lanes";
import { readTrack } from "./track";

const START_US = 10_000_000;
const us = (seconds: number): number => START_US + seconds * 1_000_000;

test("what lies outside the clip is not drawn in it", () => {
  const track = readTrack({ frames: [us(0), us(0.1), us(5)], track: [[0, 1, 1, 1, 9, 9]] }, [[0, 0], [1, 100_000], [2, 5_000_000]]);
  if (!track) throw new Error("a sidecar is read");
  const emission = { pan_min_mdeg: 0, pan_max_mdeg: 0, tilt_min_mdeg: 0, tilt_max_mdeg: 0, track: 1 };
  const drawn = lanes(
    visit({
      emissions: [
        { ...emission, begun_us: us(4), ended_us: us(9) },
        { ...emission, begun_us: us(7), ended_us: us(8) },
      ],
      refusals: [
        { rule: "rest", count: 2, first_us: us(-3), last_us: us(-1) },
        { rule: "servo_moving", count: 1, first_us: us(-2), last_us: us(1) },
        { rule: "disarmed", count: 1, first_us: us(6), last_us: us(7) },
      ],
    }),
    track,
    5,
  );
  const spans = Object.fromEntries(drawn.map((lane) => [lane.kind, lane.spans]));
  expect(spans["lit"]).toEqual([{ from: 4, until: 5 }]);
  expect(spans["refused"]).toEqual([{ from: 0, until: 1 }]);
});

import { expect, test } from "vitest";
import { ageOf, offsetOf, ServerClock } from "./clock";

test("four timestamps give the offset and what it may be wrong by", () => {
  // The server's clock is 1,000 ahead; 20 there, 5 in the server, 10 back.
  const offset = offsetOf({ sent: 100, received: 1_120, answered: 1_125, back: 135 });
  expect(offset).toEqual({ ms: 1_005, error_ms: 16 });
});

test("times that cannot be are not believed", () => {
  expect(offsetOf({ sent: 100, received: 0, answered: 500, back: 110 })).toBeUndefined();
  expect(offsetOf({ sent: NaN, received: 0, answered: 0, back: 1 })).toBeUndefined();
});

test("the exchange with the shortest way counts, as long as it is new", () => {
  const clock = new ServerClock();
  expect(clock.best).toBeUndefined();
  clock.add({ sent: 0, received: 1_001, answered: 1_001, back: 2 });
  for (let n = 0; n < 40; n++) {
    clock.add({ sent: 0, received: 1_050, answered: 1_050, back: 100 });
    expect(clock.best?.error_ms).toBe(n < 31 ? 2 : 51);
  }
});

test("a picture's age is known within both errors, or not at all", () => {
  const unit = { uptime_us: 5_000_000, state: "synchronised", wall: { ms: 1_000_000, error_ms: 4 } };
  const server = { ms: 999_000, error_ms: 6 };
  expect(ageOf(5_200_000, 1_500, unit, server)).toEqual({ ms: 300, error_ms: 10 });
  expect(ageOf(5_200_000, 1_500, { ...unit, state: "unsynchronised" }, server)).toBeUndefined();
  expect(ageOf(5_200_000, 1_500, { uptime_us: 0, state: "coarse" }, server)).toBeUndefined();
  expect(ageOf(5_200_000, 1_500, undefined, server)).toBeUndefined();
  expect(ageOf(5_200_000, 1_500, unit, undefined)).toBeUndefined();
});

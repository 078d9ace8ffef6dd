import { expect, test } from "vitest";
import { livenessOf } from "./liveness";

const HEARD = "2026-08-01T12:00:00.000Z";
const at = (seconds: number): number => Date.parse(HEARD) + seconds * 1_000;

test("a unit grows old by the server's clock while it is asked for and nothing is heard of it", () => {
  const after = (seconds: number): string | undefined => livenessOf({ liveness: "online", heard_at: HEARD }, at(seconds), at(seconds));
  expect([-600, 0, 150, 151, 600, 601].map(after)).toEqual(["online", "online", "online", "late", "late", "offline"]);
  expect(livenessOf({ liveness: "never_heard" }, 0, 0)).toBe("never_heard");
  expect(livenessOf({}, 0, 0)).toBeUndefined();
});

test("while the server cannot be asked, nothing is said of a unit", () => {
  const asked = (seconds: number): string | undefined => livenessOf({ liveness: "online", heard_at: HEARD }, at(seconds), at(0));
  expect([0, 150, 151, 100_000].map(asked)).toEqual(["online", "online", "not_asked", "not_asked"]);
  expect(livenessOf({ liveness: "online", heard_at: HEARD }, at(0), undefined)).toBe("not_asked");
});

import { expect, test } from "vitest";
import { livenessOf } from "./liveness";

test("a unit that was online when it was last asked for is so no more after a while", () => {
  const heard_at = "2026-08-01T12:00:00.000Z";
  const after = (seconds: number): string | undefined => livenessOf({ liveness: "online", heard_at }, Date.parse(heard_at) + seconds * 1_000);
  expect([0, 150, 151, 600, 601].map(after)).toEqual(["online", "online", "late", "late", "offline"]);
  expect(livenessOf({ liveness: "never_heard" }, 0)).toBe("never_heard");
  expect(livenessOf({}, 0)).toBeUndefined();
});

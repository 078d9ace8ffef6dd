import { expect, test } from "vitest";
import { seconds, span } from "./time";

const plain = (text: string) => text.replace(/\s/g, " ");

test("a span is told in its largest units", () => {
  const told = [0, 24_000, 61_000, 3_600_000, 71_400_000, 90_000_000].map((ms) => plain(span(ms)));
  expect(told).toEqual(["0 s", "24 s", "1 min", "1 h", "19 h 50 min", "1 day"]);
  expect(plain(span(-5))).toBe("0 s");
  expect(plain(seconds(312))).toBe("0.31 s");
});

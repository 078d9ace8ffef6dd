import { expect, test } from "vitest";
import { exactMoment, fileMoment, moment, seconds, span } from "./time";

const plain = (text: string) => text.replace(/\s/g, " ");

test("a span is told in its largest units", () => {
  const told = [0, 24_000, 61_000, 3_600_000, 71_400_000, 90_000_000].map((ms) => plain(span(ms)));
  expect(told).toEqual(["0 s", "24 s", "1 min", "1 h", "19 h 50 min", "1 day"]);
  expect(plain(span(-5))).toBe("0 s");
  expect(plain(seconds(312))).toBe("0.31 s");
});

test("a time at a place names its zone where the reader's clock shows another", () => {
  const at = "2026-08-01T12:00:05Z";
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  expect(moment(at, own)).toBe(moment(at));
  expect(moment(at, "Pacific/Kiritimati")).toMatch(/GMT\+14$/);
  expect(moment(at, "No/Such")).toBe(moment(at));
  expect(exactMoment(at, "Pacific/Kiritimati")).toContain(":05");
});

test("a file is named by the time at its place", () => {
  expect(fileMoment("2026-08-01T12:00:05Z", "Pacific/Kiritimati")).toBe("2026-08-02 02-00-05");
});

import { expect, test } from "vitest";
import { dayBegins, dayOf, daysBefore, hourOf, zoneOf } from "./day";

test("a day is the place's own, also when its clocks change", () => {
  const at = Date.parse("2026-08-31T22:30:00Z");
  expect([dayOf(at, "Europe/Paris"), dayOf(at, "UTC"), dayOf(at, "America/New_York")]).toEqual(["2026-09-01", "2026-08-31", "2026-08-31"]);
  expect([hourOf(at, "Europe/Paris"), hourOf(at, "UTC")]).toEqual([0, 22]);
  // On 25 October 2026 the hour from two to three comes twice.
  const twice = ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"].map((one) => hourOf(Date.parse(one), "Europe/Paris"));
  expect(twice).toEqual([2, 2]);
});

test("a day begins at midnight of its place, also after a night of 3 hours or 1, and far from Greenwich", () => {
  const begins = (day: string, zone: string, days = 0): string | undefined => {
    const at = dayBegins(day, zone, days);
    return at === undefined ? undefined : new Date(at).toISOString();
  };
  expect(begins("2026-09-01", "Europe/Paris")).toBe("2026-08-31T22:00:00.000Z");
  expect(begins("2026-10-25", "Europe/Paris")).toBe("2026-10-24T22:00:00.000Z");
  expect(begins("2026-10-25", "Europe/Paris", 1)).toBe("2026-10-25T23:00:00.000Z");
  expect(begins("2026-03-29", "Europe/Paris")).toBe("2026-03-28T23:00:00.000Z");
  expect(begins("2026-12-31", "Pacific/Auckland", 1)).toBe("2026-12-31T11:00:00.000Z");
  expect(begins("2026-08-31", "Pacific/Honolulu")).toBe("2026-08-31T10:00:00.000Z");
  expect(begins("2026-08-31", "UTC")).toBe("2026-08-31T00:00:00.000Z");
  for (const none of ["", "20260-12-31", "2026-13-01"]) expect(begins(none, "UTC")).toBeUndefined();
});

test("days go by the calendar, over a night of 25 hours as well", () => {
  expect(["2026-10-25", "2026-10-26", "2026-03-01"].map((day) => daysBefore(day, 1))).toEqual(["2026-10-24", "2026-10-25", "2026-02-28"]);
  expect(daysBefore("2026-10-27", 6)).toBe("2026-10-21");
});

test("a zone that this browser does not know is the reader's own", () => {
  const visit = { site_id: "s" } as Parameters<typeof zoneOf>[0];
  const site = { id: "s", time_zone: "Mars/Olympus_Mons" } as Parameters<typeof zoneOf>[1][number];
  expect(() => dayOf(0, zoneOf(visit, [site]))).not.toThrow();
});

test("a visit without a site is at the reader's place", () => {
  const visit = { site_id: "s" } as Parameters<typeof zoneOf>[0];
  const site = { id: "s", time_zone: "Europe/Brussels" } as Parameters<typeof zoneOf>[1][number];
  expect(zoneOf(visit, [site])).toBe("Europe/Brussels");
  expect(zoneOf(visit, [])).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
});

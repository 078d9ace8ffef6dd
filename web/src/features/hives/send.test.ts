import { expect, test } from "vitest";
import { changeOf } from "./send";

const before = { name: "Orchard", time_zone: "Europe/Paris", latitude: "50.85", longitude: "4.35" };
const change = (more: Record<string, string>) => changeOf({ values: { ...before, ...more }, before });

test("of a site only what was typed over is sent", () => {
  expect(change({})).toEqual({});
  expect(change({ name: " Heath " })).toEqual({ name: "Heath" });
  expect(change({ latitude: "\u221251,5" })).toEqual({ latitude: -51.5, longitude: 4.35 });
});

test("a place that was emptied is taken away, and what is no number takes nothing away", () => {
  expect(change({ latitude: "", longitude: " " })).toEqual({ latitude: null, longitude: null });
  expect(change({ longitude: "east" })).toMatchObject({ code: "invalid_value", detail: "longitude: not a number" });
});

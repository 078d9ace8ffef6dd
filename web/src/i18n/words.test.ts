import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { armReason, clipFlaw, clock, commandRefusal, failure, fault, noClip, refusal } from "./words";

const source = (path: string): string => readFileSync(new URL(`../../../crates/${path}`, import.meta.url), "utf8");

/** The codes that a list of the programs has: what stands behind `=>` of each of its variants. */
const codes = (path: string, name: string): string[] =>
  [...source(path).matchAll(new RegExp(`${name}::\\w+ => "([a-z_]+)"`, "g"))].flatMap(([, code]) => code ?? []);

/** The codes of an enum that is written in snake case. */
function variants(path: string, name: string): string[] {
  const [, body = ""] = new RegExp(`pub enum ${name} \\{([^}]*)\\}`).exec(source(path)) ?? [];
  const found = [...body.matchAll(/^\s+([A-Z]\w+),/gm)].flatMap(([, variant]) => variant ?? []);
  return found.map((variant) => variant.replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase());
}

test("every code of the programs has its words", () => {
  const lists: [string[], (code: string) => string][] = [
    [codes("apis-safety/src/refusal.rs", "Refusal"), refusal],
    [codes("apis-safety/src/refusal.rs", "Refusal"), commandRefusal],
    [codes("apis-protocol/src/command.rs", "CommandRefusal").filter((code) => code !== "expired"), commandRefusal],
    [["guard_busy", "no_lamp"], commandRefusal],
    [[...codes("apis-unit/src/guard/facts.rs", "DisarmReason").filter((code) => code !== "fault")], armReason],
    [["no_deterrent"], refusal],
    [codes("apis-safety/src/refusal.rs", "Fault"), fault],
    [codes("apis-safety/src/refusal.rs", "Fault"), armReason],
    [variants("apis-protocol/src/heartbeat.rs", "ClockState"), clock],
    [variants("apis-protocol/src/records/visit.rs", "NoClipReason"), noClip],
    [[...codes("apis-server/src/clips/play/transcode.rs", "PlayFlaw"), ...codes("apis-server/src/clips/avi.rs", "AviFlaw"), "not_made"], clipFlaw],
  ];
  for (const [list, words] of lists) {
    expect(list.length).toBeGreaterThan(0);
    for (const code of list) expect(words(code), code).not.toContain(`(${code})`);
  }
});

test("what cannot be is named, with what can", () => {
  const told = (detail: string): string => failure({ kind: "refused", code: "invalid_value", detail });
  expect(told("longitude: from -180 to 180 degrees")).toContain("East is from −180 to 180");
  expect(told("latitude: from -90 to 90 degrees")).toContain("North is from −90 to 90");
  expect(told("latitude and longitude: both or none")).toContain("both");
  expect(told("name: a name has 1 to 80 characters")).toContain("1 to 80 characters");
  expect(told("something: of a later server")).toBe("This value is not allowed.");
});

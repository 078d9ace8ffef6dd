import { expect, test } from "vitest";
import { told, type Command } from "./command";

const GIVEN = { created_at: "2026-08-01T12:00:00Z", expires_at: "2026-08-01T12:02:30Z" };
const words = (state: string, reason?: string): string => told({ ...GIVEN, state, reason } as Command);

test("each end of a command has its words, and one of a later server is named", () => {
  expect(words("armed")).toBe("The unit is armed.");
  expect(words("disarmed")).toBe("The unit is disarmed.");
  expect(words("located")).toBe("The unit blinks.");
  expect(words("needs_local_press")).toContain("press its arm button");
  expect(words("refused", "kill_switch")).toBe("The unit refused: the kill switch is off.");
  expect(words("refused", "no_deterrent")).toBe("This unit has no deterrent.");
  expect(words("expired")).toContain("did not act in time");
  expect(words("unreachable")).toContain("cannot be reached");
  expect(words("refused", "no_lamp")).toContain("no lamp");
  for (const on_its_way of ["waiting", "sent"]) expect(words(on_its_way)).toMatch(/:00:00.* :02:30|\d:00:00.*\d:02:30/);
  expect(words("of_a_later_server")).toContain("of_a_later_server");
});

import { expect, test } from "vitest";
import { told, type Command } from "./command";

const words = (state: string, reason?: string): string => told({ state, reason } as Command);

test("each end of a command has its words, and one of a later server is named", () => {
  expect(words("armed")).toBe("The unit is armed.");
  expect(words("disarmed")).toBe("The unit is disarmed.");
  expect(words("located")).toBe("The unit blinks.");
  expect(words("needs_local_press")).toContain("press its arm button");
  expect(words("refused", "kill_switch")).toBe("The unit refused: the kill switch is off.");
  expect(words("refused", "no_deterrent")).toBe("This unit has no deterrent.");
  expect(words("expired")).toContain("did not act in time");
  expect(words("unreachable")).toContain("cannot be reached");
  for (const on_its_way of ["waiting", "sent"]) expect(words(on_its_way)).toContain("…");
  expect(words("of_a_later_server")).toContain("of_a_later_server");
});

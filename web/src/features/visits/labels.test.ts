import { expect, test } from "vitest";
import type { Visit } from "../../sync/database";
import { visit } from "../../sync/visit.fixture";
import { isOf, labelOf } from "./labels";

const said = (...labels: Visit["labels"][number]["label"][]): Visit =>
  visit({ labels: labels.map((label, at) => ({ id: `${at}`, label, account_id: "a", account_name: "Ann", created_at: "" })) });

test("what was said last counts, and nothing said is a filter of its own", () => {
  expect(labelOf(said())).toBeUndefined();
  expect(labelOf(said("hornet", "not_hornet"))).toBe("not_hornet");
  const found = (filter: Parameters<typeof isOf>[1]): boolean[] => [said(), said("hornet"), said("hornet", "not_hornet")].map((one) => isOf(one, filter));
  expect(found("any")).toEqual([true, true, true]);
  expect(found("none")).toEqual([true, false, false]);
  expect(found("hornet")).toEqual([false, true, false]);
  expect(found("not_hornet")).toEqual([false, false, true]);
});

import { expect, test } from "vitest";
import { visit } from "../../sync/visit.fixture";
import { isCounted } from "./day";
import { isOfKind, KINDS, kindWord, whyKept } from "./kinds";

test("each kind has its word, and only what does not count says why it is kept", () => {
  expect(new Set(KINDS.map(kindWord)).size).toBe(3);
  expect(kindWord("of_a_later_unit")).toBe("of_a_later_unit");
  const told = KINDS.map((kind) => whyKept(visit({ kind })));
  expect(told.map((text) => text === undefined)).toEqual([true, false, false]);
  expect(KINDS.map((kind) => isCounted(visit({ kind })))).toEqual([true, false, false]);
});

test("the list is narrowed to a kind, or to none", () => {
  const near = visit({ kind: "near_miss" });
  expect([isOfKind(near, "verdict"), isOfKind(near, "near_miss"), isOfKind(near, "all")]).toEqual([false, true, true]);
});

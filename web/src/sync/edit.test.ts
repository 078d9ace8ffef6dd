import { expect, test } from "vitest";
import { beginEdit, changedFields, editOnto, takeTheirs, type Edit } from "./edit";

const SEEN = { name: "Orchard", north: "50" };
const typed = (edit: Edit, more: Record<string, string>): Edit => ({ ...edit, mine: { ...edit.mine, ...more } });

test("what somebody else changed and I did not is theirs, and I am told", () => {
  const mine = typed(beginEdit(SEEN), { north: "51" });
  const edit = editOnto(mine, { name: "Meadow", north: "50" });
  expect(edit.mine).toEqual({ name: "Meadow", north: "51" });
  expect(edit.meanwhile).toEqual({ name: { was: "Orchard", now: "Meadow", is_conflict: false } });
  expect(changedFields(edit)).toEqual({ north: "51" });
  // Changed once more, it is not taken for something that I typed.
  const later = editOnto(edit, { name: "Heath", north: "50" });
  expect([later.mine["name"], later.meanwhile["name"]]).toEqual(["Heath", { was: "Orchard", now: "Heath", is_conflict: false }]);
  expect(changedFields(later)).toEqual({ north: "51" });
});

test("what both changed is a conflict, with both values, until one of them is taken", () => {
  const edit = editOnto(typed(beginEdit(SEEN), { name: "Heath" }), { name: "Meadow", north: "50" });
  expect(edit.mine["name"]).toBe("Heath");
  expect(edit.meanwhile).toEqual({ name: { was: "Orchard", now: "Meadow", is_conflict: true } });
  expect(changedFields(edit)).toEqual({ name: "Heath" });
  const theirs = takeTheirs(edit, "name");
  expect([theirs.mine["name"], theirs.meanwhile, changedFields(theirs)]).toEqual(["Meadow", {}, {}]);
  // Seen again from what was kept, it is the same conflict still.
  expect(editOnto({ ...edit, meanwhile: {} }, { name: "Meadow", north: "50" })).toEqual(edit);
});

test("both wrote the same, or the other took it back: nothing is left to decide", () => {
  const mine = typed(beginEdit(SEEN), { name: "Heath" });
  const same = editOnto(mine, { ...SEEN, name: "Heath" });
  expect([same.meanwhile, changedFields(same)]).toEqual([{}, {}]);
  const back = editOnto(editOnto(mine, { ...SEEN, name: "Meadow" }), SEEN);
  expect([back.meanwhile, changedFields(back)]).toEqual([{}, { name: "Heath" }]);
});

test("of what was kept without what its author saw, every difference is told", () => {
  const edit = editOnto({ base: {}, mine: { name: "Heath", north: "50" }, meanwhile: {} }, SEEN);
  expect(edit.mine).toEqual({ name: "Heath", north: "50" });
  expect(edit.meanwhile).toEqual({ name: { was: "", now: "Orchard", is_conflict: true } });
  expect(changedFields(edit)).toEqual({ name: "Heath" });
});

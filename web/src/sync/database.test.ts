import "fake-indexeddb/auto";
import Dexie from "dexie";
import { expect, test } from "vitest";
import { LocalDatabase, removeAll } from "./database";
import { dropDraft, keepDraft, readDraft } from "./draft";

test("signing out removes all but what was typed, and that too once it is thrown away", async () => {
  const [ann, ben] = [new LocalDatabase("ann", "t"), new LocalDatabase("ben", "t")];
  for (const one of [ann, ben]) await one.marks.put({ what: "changes", at_ms: 1, cursor: "e.1" });
  await keepDraft(ann, "site", { name: "Orchard" });
  ann.close();
  ben.close();
  await removeAll();
  expect(await Dexie.getDatabaseNames()).toEqual(["apis-t-ann"]);

  const again = new LocalDatabase("ann", "t");
  expect(await readDraft(again, "site")).toEqual({ name: "Orchard" });
  expect(await again.marks.count()).toBe(0);
  await dropDraft(again, "site");
  again.close();
  await removeAll();
  expect(await Dexie.getDatabaseNames()).toEqual([]);
});

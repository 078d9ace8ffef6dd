import "fake-indexeddb/auto";
import Dexie from "dexie";
import { expect, test } from "vitest";
import { LocalDatabase, removeAll } from "./database";
import { dropDraft, formOf, keepDraft, readDraft, typedIn } from "./draft";

test("signing out removes all but what was typed, and that too once it is thrown away", async () => {
  const [ann, ben] = [new LocalDatabase("ann", "t"), new LocalDatabase("ben", "t")];
  for (const one of [ann, ben]) await one.marks.put({ what: "changes", at_ms: 1, cursor: "e.1" });
  await keepDraft(ann, "site", { name: "Orchard" });
  ann.close();
  ben.close();
  await removeAll();
  expect(await Dexie.getDatabaseNames()).toEqual(["apis-t-ann"]);

  const again = new LocalDatabase("ann", "t");
  expect((await readDraft(again, "site"))?.values).toEqual({ name: "Orchard" });
  expect(await again.marks.count()).toBe(0);
  await dropDraft(again, "site");
  again.close();
  await removeAll();
  expect(await Dexie.getDatabaseNames()).toEqual([]);
});

test("two pages at one form keep both texts, and what one saved is gone alone", async () => {
  const database = new LocalDatabase("two", "pages");
  await keepDraft(database, "site", { id: "a", name: "Orchard" });
  await keepDraft(database, "site", { id: "b", name: "Heath" });
  await keepDraft(database, "site", { id: "a", name: "Orchards" });
  const kept = async (): Promise<string[]> => (await database.drafts.toArray()).map((draft) => `${formOf(draft)} ${draft.values["name"]}`).sort();
  expect(await kept()).toEqual(["site Heath", "site Orchards"]);
  await dropDraft(database, "site", "a");
  expect(await kept()).toEqual(["site Heath"]);
  expect((await readDraft(database, "site"))?.values).toMatchObject({ id: "b" });
  await dropDraft(database, "site", "b");
  expect(await kept()).toEqual([]);
  database.close();
});

test("of what was kept only what was typed is shown", () => {
  const values = { id: "a", version: "3", name: "Orchard", latitude: "51", longitude: "" };
  expect(typedIn({ form: "change of a", values, before: { name: "Orchard", latitude: "50", longitude: "" } })).toEqual(["51"]);
  expect(typedIn({ form: "site", values })).toEqual(["Orchard", "51"]);
});

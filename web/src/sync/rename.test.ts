import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { LocalDatabase } from "./database";
import { beginRename, keepName, otherName } from "./rename";

const hive = (name: string, version: number) => ({ id: "h", name, version });

test("a name that was kept is not written over a newer one unseen", async () => {
  const database = new LocalDatabase("rename", "t");
  const begun = await beginRename(database, "hive", hive("Hazel", 1));
  expect(otherName(begun, "Lime")).toBeUndefined();
  await keepName(database, begun, "Lime");

  const same = await beginRename(database, "hive", hive("Hazel", 2));
  expect([same.kept, otherName(same, "Lime")]).toEqual(["Lime", undefined]);
  const newer = await beginRename(database, "hive", hive("Oak", 3));
  expect([newer.kept, otherName(newer, "Lime"), otherName(newer, "Oak ")]).toEqual(["Lime", "Oak", undefined]);
  // Typed on, it is still on the name that was seen.
  await keepName(database, newer, "Lime 2");
  expect(otherName(await beginRename(database, "hive", hive("Oak", 3)), "Lime 2")).toBe("Oak");
  database.close();
});

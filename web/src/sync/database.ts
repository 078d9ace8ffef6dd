import Dexie, { type EntityTable } from "dexie";
import type { Schemas } from "../api/request";
import type { Commanded } from "./commanded";
import type { Draft } from "./draft";

declare const PICTURES_CACHE: string;

export type Site = Schemas["Site"];
export type Hive = Schemas["Hive"];
export type UnitRecord = Schemas["UnitRecord"];
export type Visit = Schemas["Visit"];

/** What moves by itself and is asked for beside the changes: how a unit is. */
export type UnitLive = Pick<Schemas["Unit"], "id" | "liveness" | "heard_at" | "listens" | "state"> & { commanded?: Commanded };

/** Where this device stands. */
export interface Mark {
  what: "changes" | "unit_states" | "clock";
  /** When it last had everything, by the server's clock; missing until the first time. */
  at_ms?: number;
  /** Of the changes: where to go on. */
  cursor?: string;
  /** Of the clock: the server's less this device's. */
  ahead_ms?: number;
}

/** What this device keeps for one member of one tenant; screens read it, and nothing else. */
export class LocalDatabase extends Dexie {
  sites!: EntityTable<Site, "id">;
  hives!: EntityTable<Hive, "id">;
  units!: EntityTable<UnitRecord, "id">;
  visits!: EntityTable<Visit, "id">;
  unit_states!: EntityTable<UnitLive, "id">;
  marks!: EntityTable<Mark, "what">;
  drafts!: EntityTable<Draft, "form">;

  constructor(account_id: string, tenant_id: string) {
    // What was typed is on the disk before it counts as kept.
    super(`apis-${tenant_id}-${account_id}`, { chromeTransactionDurability: "strict" });
    this.version(1).stores({
      sites: "id",
      hives: "id",
      units: "id",
      visits: "id, opened_at",
      unit_states: "id",
      marks: "what",
      drafts: "form",
    });
  }
}

/** Removes what members left on this device, but for what they typed and the server has not. */
export async function removeAll(): Promise<void> {
  if ("caches" in globalThis) await caches.delete(PICTURES_CACHE);
  for (const name of await Dexie.getDatabaseNames()) {
    if (!name.startsWith("apis-")) continue;
    const database = await new Dexie(name).open();
    const names = database.tables.map((table) => table.name);
    const has_drafts = names.includes("drafts") && (await database.table("drafts").count()) > 0;
    if (has_drafts) {
      await Promise.all(names.filter((one) => one !== "drafts").map((one) => database.table(one).clear()));
      database.close();
    } else {
      await database.delete();
    }
  }
}

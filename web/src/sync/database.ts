import Dexie, { type EntityTable } from "dexie";
import type { Schemas } from "../api/request";

/** A unit as the server last told of it. */
export interface KeptUnit {
  id: string;
  unit: Schemas["Unit"];
}

/** When something was last fetched whole, by the server's clock. */
export interface Fetched {
  what: "units";
  at_ms: number;
}

/** What this device keeps for one member of one tenant; screens read it, and nothing else. */
export class LocalDatabase extends Dexie {
  units!: EntityTable<KeptUnit, "id">;
  fetched!: EntityTable<Fetched, "what">;

  constructor(account_id: string, tenant_id: string) {
    super(`apis-${tenant_id}-${account_id}`);
    this.version(1).stores({ units: "id", fetched: "what" });
  }
}

/** Removes everything that any member left on this device. */
export async function removeAll(): Promise<void> {
  for (const name of await Dexie.getDatabaseNames()) if (name.startsWith("apis-")) await Dexie.delete(name);
}

import { liveQuery } from "dexie";
import { stateNow } from "./commanded";
import type { Hive, LocalDatabase, Site, UnitLive, UnitRecord, Visit } from "./database";
import type { Draft } from "./draft";

/** A unit with how it was when the server was last asked. */
export type Unit = UnitRecord & Partial<Omit<UnitLive, "id">>;

/** How a unit is, with what it said last of its deterrent. */
function withState(live: UnitLive): UnitLive {
  const state = stateNow(live);
  return state === undefined ? live : { ...live, state };
}

/** Hive 2 comes before hive 10. */
const NAMES = new Intl.Collator(undefined, { numeric: true });

/** What the local database holds, as screens draw it; it follows every change, of any page. */
export class Local {
  /** Whether the database has been read. */
  is_read = $state(false);
  sites = $state.raw<Site[]>([]);
  hives = $state.raw<Hive[]>([]);
  /** Units that were not released, by name. */
  units = $state.raw<Unit[]>([]);
  /** Names of all units, released ones too. */
  unit_names = $state.raw<Record<string, string>>({});
  /** Newest first. */
  visits = $state.raw<Visit[]>([]);
  /** What was typed on this device and is not on the server. */
  drafts = $state.raw<Draft[]>([]);
  /** When the changes were last pulled, by the server's clock. */
  pulled_ms = $state<number | undefined>();
  /** When the server was last asked how units are, by its clock. */
  asked_ms = $state<number | undefined>();

  readonly #subscription: { unsubscribe(): void };

  constructor(database: LocalDatabase) {
    const kept = liveQuery(async () => {
      const { sites, hives, units, visits, unit_states, marks, drafts } = database;
      const states = Object.fromEntries((await unit_states.toArray()).map((live) => [live.id, withState(live)]));
      const all = (await units.toArray()).map((unit) => ({ ...unit, ...states[unit.id] }));
      return {
        sites: await sites.toArray(),
        hives: await hives.toArray(),
        units: all,
        visits: await visits.orderBy("opened_at").reverse().toArray(),
        drafts: await drafts.toArray(),
        pulled_ms: (await marks.get("changes"))?.at_ms,
        asked_ms: (await marks.get("unit_states"))?.at_ms,
      };
    });
    this.#subscription = kept.subscribe(({ sites, hives, units, visits, drafts, pulled_ms, asked_ms }) => {
      const byName = (a: { name: string }, b: { name: string }): number => NAMES.compare(a.name, b.name);
      this.sites = sites.sort(byName);
      this.hives = hives.sort(byName);
      this.units = units.filter((unit) => unit.released_at == null).sort(byName);
      this.unit_names = Object.fromEntries(units.map((unit) => [unit.id, unit.name]));
      this.visits = visits;
      this.drafts = drafts;
      this.pulled_ms = pulled_ms;
      this.asked_ms = asked_ms;
      this.is_read = true;
    });
  }

  close(): void {
    this.#subscription.unsubscribe();
  }
}

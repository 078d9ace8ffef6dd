import { liveQuery } from "dexie";
import { api, ask, askAll, type Failure, type Schemas } from "../api/request";
import type { LocalDatabase } from "./database";

export type Unit = Schemas["Unit"];

/** How often units are asked for while the page is seen. */
const EVERY_MS = 30_000;

/** Units on a page of the server's list. */
const PAGE = 200;

/** The tenant's units as this device keeps them, asked for again and again while somebody looks. */
export class Units {
  /** Units that were not released, by name. */
  list = $state<Unit[]>([]);
  /** Whether the local database has been read. */
  is_read = $state(false);
  /** When the list was last fetched, by the server's clock. */
  fetched_ms = $state<number | undefined>();
  /** Why the last attempt gave nothing. */
  failure = $state<Failure | undefined>();
  /** The server's clock less this device's, good to a second. */
  ahead_ms = $state(0);

  readonly #database: LocalDatabase;
  readonly #subscription: { unsubscribe(): void };
  readonly #timer: ReturnType<typeof setInterval>;
  #asking: Promise<void> | undefined;
  readonly #wake = (): void => void this.refresh();

  constructor(database: LocalDatabase) {
    this.#database = database;
    const kept = liveQuery(async () => ({
      units: await database.units.toArray(),
      fetched: await database.fetched.get("units"),
    }));
    this.#subscription = kept.subscribe(({ units, fetched }) => {
      this.list = units.map((kept) => kept.unit).sort((a, b) => a.name.localeCompare(b.name));
      this.fetched_ms = fetched?.at_ms;
      this.is_read = true;
    });
    this.#timer = setInterval(this.#wake, EVERY_MS);
    document.addEventListener("visibilitychange", this.#wake);
    addEventListener("online", this.#wake);
    void this.refresh();
  }

  /** Fetches the list once, unless the page is hidden; a second call waits for the first. */
  refresh(): Promise<void> {
    if (document.visibilityState !== "visible") return Promise.resolve();
    this.#asking ??= this.#fetch().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  close(): void {
    clearInterval(this.#timer);
    document.removeEventListener("visibilitychange", this.#wake);
    removeEventListener("online", this.#wake);
    this.#subscription.unsubscribe();
  }

  async #fetch(): Promise<void> {
    const answer = await askAll<Unit>((cursor) =>
      ask(api.GET("/api/v1/units", { params: { query: cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor } } })),
    );
    if (!answer.ok) {
      this.failure = answer.why;
      return;
    }
    this.failure = undefined;
    const at_ms = answer.server_ms ?? Date.now();
    this.ahead_ms = at_ms - Date.now();
    const kept = answer.data.filter((unit) => unit.liveness !== "released").map((unit) => ({ id: unit.id, unit }));
    const { units, fetched } = this.#database;
    await this.#database.transaction("rw", units, fetched, async () => {
      await units.clear();
      await units.bulkPut(kept);
      await fetched.put({ what: "units", at_ms });
    });
  }
}

import { api, ask, askAll, type Failure, type Schemas } from "../api/request";
import { apply, DAY_MS, isAwaited, prune, VISIT_DAYS } from "./apply";
import { isOlder } from "./commanded";
import type { LocalDatabase } from "./database";

/** How often the server is asked while the page is seen; while a visit is not all here yet; and after it
 * could not be asked, for not every browser tells that a network came back. */
const EVERY_MS = 30_000;
const SOON_MS = 4_000;
const AGAIN_MS = 10_000;

/** Longest wait for a page that holds the lock: one that was frozen holds it for ever. */
const LOCK_MS_MAX = 60_000;

/** Changes, and units, on one page of the server's lists; of changes fewer over a line that is too slow for so many. */
const PAGE = 200;
const PAGE_MIN = 10;

const isoTime = (ms: number): string => new Date(ms).toISOString();

/** Keeps the local database as the server has it, while somebody looks.
 *
 * However many pages of the app are open, one of them asks at a time: who holds the lock. */
export class Engine {
  /** Why the last attempt gave nothing. */
  failure = $state<Failure | undefined>();
  /** The server's clock less this device's, good to a second. */
  ahead_ms = $state(0);

  readonly #database: LocalDatabase;
  readonly #timer: ReturnType<typeof setInterval>;
  #asked_at = 0;
  #is_awaited = false;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #is_closed = false;
  readonly #wake = (): void => void this.refresh();
  /** The device knows at once that it has no network; a request on its way does not. */
  readonly #lost = (): void => void (this.failure = { kind: "unreachable" });

  constructor(database: LocalDatabase) {
    this.#database = database;
    this.#timer = setInterval(() => {
      const every = this.failure ? AGAIN_MS : this.#is_awaited ? SOON_MS : EVERY_MS;
      if (every <= performance.now() - this.#asked_at) void this.refresh();
    }, 1_000);
    document.addEventListener("visibilitychange", this.#wake);
    addEventListener("online", this.#wake);
    addEventListener("offline", this.#lost);
    void this.#begin();
  }

  /** What the server's clock was found to be still holds when it cannot be asked. */
  async #begin(): Promise<void> {
    const kept = await this.#database.marks.get("clock").catch(() => undefined);
    if (kept?.ahead_ms !== undefined) this.ahead_ms = kept.ahead_ms;
    await this.refresh();
  }

  /** Asks for what is new, unless the page is hidden. Amid another call it asks again behind that
   * one, which may have asked before what the caller changed. */
  refresh(): Promise<void> {
    if (document.visibilityState !== "visible" || this.#is_closed) return Promise.resolve();
    if (!this.#running) return this.#start();
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#start();
    });
    return this.#next;
  }

  close(): void {
    this.#is_closed = true;
    clearInterval(this.#timer);
    document.removeEventListener("visibilitychange", this.#wake);
    removeEventListener("online", this.#wake);
    removeEventListener("offline", this.#lost);
  }

  #start(): Promise<void> {
    this.#running = this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #run(): Promise<void> {
    const signal = AbortSignal.timeout(LOCK_MS_MAX);
    try {
      await navigator.locks.request(`${this.#database.name}-sync`, { signal }, async () => {
        this.failure = (await this.#pull()) ?? (await this.#askUnits());
        if (!this.#is_closed) this.#is_awaited = await isAwaited(this.#database, Date.now() + this.ahead_ms);
      });
    } catch (error) {
      // Another page holds the lock and does nothing, or this device's database takes nothing more.
      if (!this.#is_closed) this.failure = { kind: "device", name: error instanceof Error ? error.name : "" };
    } finally {
      this.#asked_at = performance.now();
    }
  }

  /** Pulls every page of changes after the cursor. */
  async #pull(): Promise<Failure | undefined> {
    let limit = PAGE;
    for (;;) {
      const mark = await this.#database.marks.get("changes");
      const visits_from = isoTime(Date.now() + this.ahead_ms - VISIT_DAYS * DAY_MS);
      const query = mark?.cursor === undefined ? { limit, visits_from } : { limit, visits_from, cursor: mark.cursor };
      const answer = await ask<Schemas["Changes"]>(api.GET("/api/v1/changes", { params: { query } }));
      if (!answer.ok && answer.why.kind === "unreachable" && limit > PAGE_MIN && navigator.onLine) {
        limit = Math.max(PAGE_MIN, Math.floor(limit / 4));
        continue;
      }
      if (!answer.ok) return answer.why;
      if (this.#is_closed) return undefined;
      const at_ms = answer.server_ms ?? Date.now();
      this.ahead_ms = at_ms - Date.now();
      await this.#database.marks.put({ what: "clock", ahead_ms: this.ahead_ms });
      await apply(this.#database, answer.data, at_ms);
      if (!answer.data.has_more) {
        await prune(this.#database, at_ms);
        return undefined;
      }
    }
  }

  /** Asks how the units are. */
  async #askUnits(): Promise<Failure | undefined> {
    const answer = await askAll<Schemas["Unit"]>((cursor) =>
      ask(api.GET("/api/v1/units", { params: { query: cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor } } })),
    );
    if (!answer.ok) return answer.why;
    if (this.#is_closed) return undefined;
    const { unit_states, marks } = this.#database;
    const kept = answer.data.map(({ id, liveness, heard_at, listens, state }) => ({
      id,
      liveness,
      listens,
      ...(heard_at == null ? {} : { heard_at }),
      ...(state == null ? {} : { state }),
    }));
    await this.#database.transaction("rw", unit_states, marks, async () => {
      const before = Object.fromEntries((await unit_states.toArray()).map((one) => [one.id, one.commanded]));
      await unit_states.clear();
      await unit_states.bulkPut(
        kept.map((one) => {
          const commanded = before[one.id];
          return commanded && isOlder({ ...one, commanded }) ? { ...one, commanded } : one;
        }),
      );
      await marks.put({ what: "unit_states", at_ms: answer.server_ms ?? Date.now() });
    });
    return undefined;
  }
}

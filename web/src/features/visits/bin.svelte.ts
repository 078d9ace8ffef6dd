import { api, ask, type Failure, type Schemas } from "../../api/request";

/** Visits that one request may name. */
const AT_ONCE = 200;

/** Deletes visits and brings them back: what was deleted last can be undone. */
export class Bin {
  /** What was deleted last, until something else is. */
  deleted = $state.raw<string[]>([]);
  /** Why the last attempt did nothing. */
  why = $state<Failure | undefined>();
  /** Nobody answered it: it may have been done all the same. */
  is_unsure = $state(false);

  readonly #changed: () => Promise<void>;

  /** `changed` pulls what became of it. */
  constructor(changed: () => Promise<void>) {
    this.#changed = changed;
  }

  async delete(ids: string[]): Promise<void> {
    const done = await this.#each(ids, (body) => ask<Schemas["VisitsChanged"]>(api.POST("/api/v1/visits/delete", { body })));
    if (done.length > 0) this.deleted = done;
    this.is_unsure = this.why?.kind === "unreachable";
  }

  undo(): Promise<void> {
    return this.bringBack(this.deleted);
  }

  async bringBack(ids: string[]): Promise<void> {
    const back = await this.#each(ids, (body) => ask<Schemas["VisitsChanged"]>(api.POST("/api/v1/visits/restore", { body })));
    this.deleted = this.deleted.filter((id) => !back.includes(id));
  }

  /** Sends the ids; gives those that were done. */
  async #each(ids: string[], send: (body: { ids: string[] }) => Promise<{ ok: true } | { ok: false; why: Failure }>): Promise<string[]> {
    const done: string[] = [];
    this.why = undefined;
    this.is_unsure = false;
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const some = ids.slice(at, at + AT_ONCE);
      const answer = await send({ ids: some });
      if (!answer.ok) {
        this.why = answer.why;
        break;
      }
      done.push(...some);
    }
    await this.#changed();
    return done;
  }
}

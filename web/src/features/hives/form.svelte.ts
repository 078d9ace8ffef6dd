import type { Failure } from "../../api/request";
import type { LocalDatabase } from "../../sync/database";
import { dropDraft, keepDraft, readDraft, type Draft } from "../../sync/draft";
import { send } from "./send";

/** What a form shows, and how it is filled. */
interface Shown {
  /** What stands in it; `id` is that of the record it makes or changes. */
  values: () => Record<string, string>;
  /** Of a change: what the record was. */
  before?: () => Record<string, string> | undefined;
  /** Whether there is nothing worth keeping in it. */
  isEmpty: () => boolean;
  /** Fills it with what was typed before. */
  take: (kept: Draft) => void;
  /** What was sent first is on the server: what was typed since is of another record. */
  renew: () => void;
}

/** A form whose text is kept on this device until the server has it. */
export class TypedForm {
  why = $state<Failure | undefined>();
  is_busy = $state(false);

  readonly #database: LocalDatabase;
  readonly #form: string;
  readonly #shown: Shown;
  #is_touched = false;

  constructor(database: LocalDatabase, form: string, shown: Shown) {
    this.#database = database;
    this.#form = form;
    this.#shown = shown;
  }

  /** Fills the form with what was typed before; what was typed while it was read is newer. */
  async begin(): Promise<void> {
    const kept = await readDraft(this.#database, this.#form);
    if (kept && !this.#is_touched) this.#shown.take(kept);
  }

  readonly keep = (): void => {
    this.#is_touched = true;
    void (this.#shown.isEmpty() ? this.discard() : keepDraft(this.#database, this.#form, this.#shown.values(), this.#shown.before?.()));
  };

  discard(): Promise<void> {
    return dropDraft(this.#database, this.#form, this.#shown.values()["id"]);
  }

  /** Sends it; whether the server has it, and it is kept here no more. Nothing else is sent before `settle` is
   * done with what came of it. */
  async save(settle: (why: Failure | undefined) => Promise<void>): Promise<boolean> {
    this.is_busy = true;
    const before = this.#shown.before?.();
    const why = await send({ form: this.#form, values: this.#shown.values(), ...(before ? { before } : {}) });
    const is_taken = why?.kind === "refused" && why.code === "id_taken";
    if (!why || is_taken) await this.discard();
    if (is_taken) {
      this.#shown.renew();
      this.keep();
    }
    await settle(why);
    this.why = why;
    this.is_busy = false;
    return !why;
  }
}

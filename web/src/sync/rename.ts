import { api, ask, ifMatch, type Failure } from "../api/request";
import type { Hive, LocalDatabase, Site, UnitRecord } from "./database";
import { dropDraft, keepDraft, readDraft, type Draft } from "./draft";

export type Named = "site" | "hive" | "unit";

/** What is to get another name, as the reader sees it. */
export interface Renaming {
  kind: Named;
  id: string;
  version: number;
  /** Its name now. */
  name: string;
  /** The name that its author saw: what somebody else made of it since is not written over unseen. */
  was: string;
  /** What was typed before and is not on the server. */
  kept: string | undefined;
}

const FORM = "rename ";
/** The name of the form in which a record gets another name. */
export const renameForm = ({ kind, id }: Pick<Renaming, "kind" | "id">): string => `${FORM}${kind} ${id}`;

/** Whether a draft is a new name. */
export const isRename = ({ form }: Draft): boolean => form.startsWith(FORM);

/** Begins to give a record another name, with what was typed before. */
export async function beginRename(database: LocalDatabase, kind: Named, { id, version, name }: { id: string; version: number; name: string }): Promise<Renaming> {
  const draft = await readDraft(database, renameForm({ kind, id }));
  // One that was kept without the name its author saw: whether it is the same is not known, so it is asked.
  return { kind, id, version, name, was: draft ? (draft.before?.["name"] ?? "") : name, kept: draft?.values["name"] };
}

/** What somebody else called it meanwhile, where that is another name than was typed. */
export const otherName = ({ name, was }: Pick<Renaming, "name" | "was">, typed: string): string | undefined =>
  name === was || name === typed.trim() ? undefined : name;

/** Keeps what is typed. */
export const keepName = (database: LocalDatabase, { kind, id, version, was }: Renaming, name: string): Promise<void> =>
  keepDraft(database, renameForm({ kind, id }), { kind, id, version: String(version), name }, { name: was });

/** Throws it away. */
export const dropName = (database: LocalDatabase, renaming: Pick<Renaming, "kind" | "id">): Promise<void> => dropDraft(database, renameForm(renaming));

/** The record as it is by now. */
export function recordOf(database: LocalDatabase, { kind, id }: Pick<Renaming, "kind" | "id">): Promise<Site | Hive | UnitRecord | undefined> {
  const { sites, hives, units } = database;
  return kind === "site" ? sites.get(id) : kind === "hive" ? hives.get(id) : units.get(id);
}

/** Whether a change was refused since somebody else was first. */
export const isOutdated = (why: Failure | undefined): boolean => why?.kind === "refused" && why.code === "version_mismatch";

/** Gives the record the name; gives why not. */
export async function saveName({ kind, id, version }: Pick<Renaming, "kind" | "id" | "version">, typed: string): Promise<Failure | undefined> {
  const params = { path: { id }, header: ifMatch({ version }) };
  const body = { name: typed.trim() };
  const answer = await (kind === "site"
    ? ask(api.PATCH("/api/v1/sites/{id}", { params, body }))
    : kind === "hive"
      ? ask(api.PATCH("/api/v1/hives/{id}", { params, body }))
      : ask(api.PATCH("/api/v1/units/{id}", { params, body })));
  return answer.ok ? undefined : answer.why;
}

/** Sends a new name that was typed and not saved, on the version that its author saw; gives why not. */
export function sendRename({ values }: Draft): Promise<Failure | undefined> {
  const { kind = "", id = "", version = "", name = "" } = values;
  return saveName({ kind: kind === "site" || kind === "hive" ? kind : "unit", id, version: Number(version) }, name);
}

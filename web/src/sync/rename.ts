import { api, ask, ifMatch, type Failure } from "../api/request";
import type { LocalDatabase } from "./database";
import { dropDraft, keepDraft, readDraft, type Draft } from "./draft";

export type Named = "site" | "hive" | "unit";

/** What is to get another name, as the reader saw it. */
export interface Renaming {
  kind: Named;
  id: string;
  version: number;
  /** Its name so far. */
  name: string;
  /** What was typed before and is not on the server. */
  kept: string | undefined;
}

const FORM = "rename ";
const formOf = ({ kind, id }: Pick<Renaming, "kind" | "id">): string => `${FORM}${kind} ${id}`;

/** Whether a draft is a new name. */
export const isRename = ({ form }: Draft): boolean => form.startsWith(FORM);

/** Begins to give a record another name, with what was typed before. */
export async function beginRename(database: LocalDatabase, kind: Named, { id, version, name }: { id: string; version: number; name: string }): Promise<Renaming> {
  const { name: kept } = await readDraft(database, formOf({ kind, id }));
  return { kind, id, version, name, kept };
}

/** Keeps what is typed. */
export const keepName = (database: LocalDatabase, renaming: Renaming, name: string): Promise<void> =>
  keepDraft(database, formOf(renaming), { kind: renaming.kind, id: renaming.id, version: String(renaming.version), name });

/** Throws it away. */
export const dropName = (database: LocalDatabase, renaming: Renaming): Promise<void> => dropDraft(database, formOf(renaming));

/** The version that a record has by now. */
export async function versionOf(database: LocalDatabase, { kind, id }: Pick<Renaming, "kind" | "id">): Promise<number | undefined> {
  const table = kind === "site" ? database.sites : kind === "hive" ? database.hives : database.units;
  return (await table.get(id))?.version;
}

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

/** Sends a new name that was typed and not saved; gives why not. */
export function sendRename({ values }: Draft): Promise<Failure | undefined> {
  const { kind = "", id = "", version = "", name = "" } = values;
  return saveName({ kind: kind === "site" || kind === "hive" ? kind : "unit", id, version: Number(version) }, name);
}

import type { LocalDatabase } from "./database";

/** What was typed into a form and is not on the server yet, by the form's name. */
export interface Draft {
  form: string;
  values: Record<string, string>;
  /** Of a change: what the record was when it was begun. */
  before?: Record<string, string>;
}

let is_asked = false;

/** Asks the browser, once, to keep what is here also when it is short of room. */
function askToKeep(): void {
  if (is_asked || !("navigator" in globalThis) || !("storage" in navigator)) return;
  is_asked = true;
  void navigator.storage.persist();
}

/** Parts the name of a form from the id of what is typed into it, where two pages have it open at once. */
const OWN = "#";

/** The form that a draft is of. */
export const formOf = ({ form }: Draft): string => form.split(OWN)[0] ?? form;

/** What goes with the text and was not typed. */
const UNSEEN = ["id", "kind", "version"];

/** What was typed into it: of a change, what was typed over. */
export const typedIn = ({ values, before = {} }: Draft): string[] =>
  Object.entries(values).flatMap(([key, value]) => (UNSEEN.includes(key) || value === "" || value === before[key] ? [] : [value]));

/** What was typed before; nothing for a form that is new. */
export async function readDraft(database: LocalDatabase, form: string): Promise<Draft | undefined> {
  const { drafts } = database;
  return (await drafts.get(form)) ?? (await drafts.where("form").startsWith(`${form}${OWN}`).first());
}

/** Keeps what is typed, so that a reload or a closed page loses nothing. */
export async function keepDraft(database: LocalDatabase, form: string, values: Record<string, string>, before?: Record<string, string>): Promise<void> {
  askToKeep();
  const { drafts } = database;
  await database.transaction("rw", drafts, async () => {
    // Another page of this browser is at the same form: neither takes the other's text.
    const other = await drafts.get(form);
    const is_others = other !== undefined && other.values["id"] !== values["id"];
    await drafts.put({ form: is_others ? `${form}${OWN}${values["id"] ?? ""}` : form, values, ...(before ? { before } : {}) });
  });
}

/** Forgets it: the server has it, or its author threw it away. */
export async function dropDraft(database: LocalDatabase, form: string, id?: string): Promise<void> {
  const { drafts } = database;
  await database.transaction("rw", drafts, async () => {
    const kept = await drafts.get(form);
    if (id === undefined || kept?.values["id"] === id) await drafts.delete(form);
    if (id !== undefined) await drafts.delete(`${form}${OWN}${id}`);
  });
}

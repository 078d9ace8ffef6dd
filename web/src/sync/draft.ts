import type { LocalDatabase } from "./database";

/** What was typed into a form and is not on the server yet, by the form's name. */
export interface Draft {
  form: string;
  values: Record<string, string>;
}

let is_asked = false;

/** Asks the browser, once, to keep what is here also when it is short of room. */
function askToKeep(): void {
  if (is_asked || !("navigator" in globalThis) || !("storage" in navigator)) return;
  is_asked = true;
  void navigator.storage.persist();
}

/** What was typed before; nothing for a form that is new. */
export async function readDraft(database: LocalDatabase, form: string): Promise<Record<string, string>> {
  return (await database.drafts.get(form))?.values ?? {};
}

/** Keeps what is typed, so that a reload or a closed page loses nothing. */
export async function keepDraft(database: LocalDatabase, form: string, values: Record<string, string>): Promise<void> {
  askToKeep();
  await database.drafts.put({ form, values });
}

/** Forgets it: the server has it, or its author threw it away. */
export async function dropDraft(database: LocalDatabase, form: string): Promise<void> {
  await database.drafts.delete(form);
}

// What a kept text is of, in words: for whoever finds it again, and before it is thrown away.
import { CHANGE_FORM, HIVE_FORM } from "../features/hives/forms";
import { m } from "../i18n/compiled/messages.js";
import { formOf, typedIn, type Draft } from "../sync/draft";
import type { Local } from "../sync/local.svelte";
import { isRename } from "../sync/rename";

/** The form that it was typed into, and what. */
export function draftTitle(draft: Draft, { sites, hives, unit_names }: Pick<Local, "sites" | "hives" | "unit_names">): string {
  const what = typedIn(draft).join(", ");
  const [kind, of] = [formOf(draft), draft.values["id"] ?? ""];
  const named = (list: { id: string; name: string }[], id: string): string => list.find((one) => one.id === id)?.name ?? m.unit_unknown_record();
  if (isRename(draft)) {
    const name = draft.values["kind"] === "unit" ? (unit_names[of] ?? m.unit_unknown_record()) : named(draft.values["kind"] === "site" ? sites : hives, of);
    return m.draft_rename({ name, what });
  }
  if (kind.startsWith(HIVE_FORM)) return m.draft_hive({ name: named(sites, kind.slice(HIVE_FORM.length)), what });
  if (kind.startsWith(CHANGE_FORM)) return m.draft_change({ name: named(sites, of), what });
  return m.draft_site({ what });
}

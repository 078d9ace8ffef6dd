import type { Schemas } from "../../api/request";
import { m } from "../../i18n/compiled/messages.js";
import type { Visit } from "../../sync/database";

type LabelKind = Schemas["LabelKind"];

/** What a visit can be said to be. */
export const LABELS: LabelKind[] = ["hornet", "not_hornet", "other_species"];

export const labelWord = (label: LabelKind): string =>
  ({ hornet: m.label_hornet, not_hornet: m.label_not_hornet, other_species: m.label_other_species })[label]();

/** What was said last, by anybody. */
export const labelOf = (visit: Visit): LabelKind | undefined => visit.labels.at(-1)?.label;

/** What the list can be narrowed to. */
export type LabelFilter = "any" | "none" | LabelKind;

export function isOf(visit: Visit, filter: LabelFilter): boolean {
  const label = labelOf(visit);
  return filter === "any" || (filter === "none" ? label === undefined : label === filter);
}

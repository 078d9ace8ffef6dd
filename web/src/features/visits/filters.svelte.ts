import type { KindFilter } from "./kinds";
import type { LabelFilter } from "./labels";

/** Days up to today; of chosen ones the reader says which. */
export const DAYS = { today: 1, week: 7, month: 30, all: Infinity, chosen: Infinity };

interface Filters {
  range: keyof typeof DAYS;
  /** The first and the last day that were chosen, as `2026-09-22`; empty while none was. */
  first: string;
  last: string;
  label: LabelFilter;
  kind: KindFilter;
  /** Empty for every unit. */
  unit: string;
  /** Rows that are drawn. */
  shown: number;
}

/** Rows that are drawn at once. */
export const STEP = 50;

/** What the list of visits shows, for who comes back to it from a visit. */
export const FILTERS = $state<Filters>({ range: "week", first: "", last: "", label: "any", kind: "verdict", unit: "", shown: STEP });

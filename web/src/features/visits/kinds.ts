import { m } from "../../i18n/compiled/messages.js";
import type { Visit } from "../../sync/database";

/** Why a visit is kept. Those that are no verdict's are kept to know what the unit misses, and count nowhere. */
export type Kind = "verdict" | "near_miss" | "sample";

export const KINDS: Kind[] = ["verdict", "near_miss", "sample"];

/** What the list can be narrowed to. */
export type KindFilter = Kind | "all";

const WORDS: Record<Kind, () => string> = { verdict: m.kind_verdict, near_miss: m.kind_near_miss, sample: m.kind_sample };

/** A word for a kind; a kind of a later unit stands as it is. */
export const kindWord = (kind: string): string => WORDS[kind as Kind]?.() ?? kind;

/** Why a visit that does not count is kept, for whoever looks at it. */
export function whyKept(visit: Visit): string | undefined {
  if (visit.kind === "near_miss") return m.kind_near_miss_text();
  return visit.kind === "sample" ? m.kind_sample_text() : undefined;
}

export const isOfKind = (visit: Visit, filter: KindFilter): boolean => filter === "all" || visit.kind === filter;

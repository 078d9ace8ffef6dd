import { m } from "../../i18n/compiled/messages.js";
import { number, span } from "../../i18n/time";
import { refusal } from "../../i18n/words";
import type { Visit } from "../../sync/database";

/** How long the hornet was seen, in milliseconds; `undefined` while it is there. */
export function lasted(visit: Visit): number | undefined {
  return visit.closed_at == null ? undefined : Date.parse(visit.closed_at) - Date.parse(visit.opened_at);
}

/** How long the line was on, in milliseconds. */
export const litMs = (visit: Visit): number =>
  visit.emissions.reduce((sum, one) => sum + (one.ended_us - one.begun_us) / 1_000, 0);

/** What the unit did, in a sentence. */
export function deed(visit: Visit): string {
  if (visit.closed_at == null) return m.visit_goes_on();
  const count = visit.emissions.length;
  if (count > 0) return m.visit_lit({ count, time: seconds(litMs(visit)) });
  const why = visit.refusals[0];
  return why ? m.visit_not_lit({ why: refusal(why.rule) }) : m.visit_only_seen();
}

const seconds = (ms: number): string => (ms < 10_000 ? `${number(ms / 1_000, 1)}\u00a0s` : span(ms));

/** Codes of the terms of evidence that are told; `docs/ref/protocol.md` lists all. */
const LENGTH = 11;
const BEE_LENGTH = 12;
const RADIUS = 31;
const HOVER_MS = 32;
/** The list of terms that is understood. */
const VERSION = 1;

/** Why the eyes decided, in words: sizes in bee and body lengths, for nobody knows the distance. */
export function evidence(visit: Visit): string[] {
  const found = visit.evidence;
  if (found?.version !== VERSION) return [];
  const value = (term: number): number | undefined => found.terms.find((one) => one.term === term)?.value;
  const [length, bee, radius, hover] = [value(LENGTH), value(BEE_LENGTH), value(RADIUS), value(HOVER_MS)];
  const told: string[] = [];
  if (length !== undefined && bee) told.push(m.evidence_length({ times: number(length / bee, 1) }));
  if (radius !== undefined && hover !== undefined)
    told.push(m.evidence_hover({ lengths: number(radius / 256, 1), time: seconds(hover) }));
  return told;
}

/** What became of a visit's clip. */
export function clipState(visit: Visit): { word: string; id: string | undefined } {
  const clip = visit.clips.find((one) => one.kind === "clip");
  if (visit.no_clip_reason != null) return { word: m.clip_none(), id: undefined };
  switch (clip?.state) {
    case "stored":
      return { word: m.clip_stored(), id: clip.id };
    case "rejected":
      return { word: m.clip_rejected(), id: undefined };
    case "lost":
      return { word: m.clip_lost(), id: undefined };
    default:
      return { word: m.clip_on_its_way(), id: undefined };
  }
}

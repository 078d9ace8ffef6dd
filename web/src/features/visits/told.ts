import { m } from "../../i18n/compiled/messages.js";
import { number, span } from "../../i18n/time";
import { clipFlaw, noClip, refusal } from "../../i18n/words";
import type { Schemas } from "../../api/request";
import type { Visit } from "../../sync/database";
import type { Unit } from "../../sync/local.svelte";
import { isCounted } from "./day";

/** How long the hornet was seen, in milliseconds; `undefined` while it is there. */
export function lasted(visit: Visit): number | undefined {
  return visit.closed_at == null ? undefined : Date.parse(visit.closed_at) - Date.parse(visit.opened_at);
}

/** How long the line was on, in milliseconds. */
export const litMs = (visit: Visit): number =>
  visit.emissions.reduce((sum, one) => sum + (one.ended_us - one.begun_us) / 1_000, 0);

/** A unit tells the end of a visit soon after it, however long it was: of one that was silent for so long it may
 * never be told. */
const END_AWAITED_MS = 900_000;

/** The server's clock, and when the visit's unit was last heard by it, while that is known. */
export interface Now {
  now_ms: number;
  heard_at?: string | null | undefined;
}

/** That for a visit, of the units that this device knows. */
export const nowOf = ({ units }: { units: Pick<Unit, "id" | "heard_at">[] }, visit: Visit, now_ms: number): Now => ({
  now_ms,
  heard_at: units.find(({ id }) => id === visit.unit_id)?.heard_at,
});

/** Whether its end is still to come. */
function goesOn(visit: Visit, { now_ms, heard_at }: Now): boolean {
  const heard_ms = heard_at == null ? 0 : Date.parse(heard_at);
  return now_ms - Math.max(Date.parse(visit.opened_at), heard_ms) < END_AWAITED_MS;
}

/** For how long it was seen, in words. */
export function lastedWord(visit: Visit, now: Now): string {
  const ms = lasted(visit);
  // To a tenth, as the player's lanes tell it.
  if (ms !== undefined) return seconds(ms);
  return goesOn(visit, now) ? m.visit_not_over() : m.visit_end_unknown_short();
}

/** What the unit did, in a sentence. */
export function deed(visit: Visit, now: Now): string {
  if (!isCounted(visit)) return m.kind_only_watched();
  if (visit.closed_at == null) return goesOn(visit, now) ? m.visit_goes_on() : m.visit_end_unknown();
  const count = visit.emissions.length;
  if (count > 0) return m.visit_lit({ count, time: seconds(litMs(visit)) });
  const why = visit.refusals[0];
  return why ? m.visit_not_lit({ why: refusal(why.rule) }) : m.visit_only_seen();
}

const DEPARTURES: Record<string, () => string> = {
  left: m.departure_left,
  stayed: m.departure_stayed,
  lost: m.departure_lost,
};

/** What the hornet did last, by its track alone; nothing when the unit did not tell, or when it was none. */
export const departed = (visit: Visit): string => (isCounted(visit) ? DEPARTURES[visit.departure ?? ""]?.() : undefined) ?? "";

const seconds = (ms: number): string => (ms < 10_000 ? `${number(ms / 1_000, 1)}\u00a0s` : span(ms));

/** Codes of the terms of evidence that are told, those that are measured and not weighed; a code keeps its
 * meaning. Source: `crates/apis-vision/src/evidence.rs`. */
const LENGTH = 11;
const BEE_LENGTH = 12;
const DARKNESS = 21;
const RADIUS = 31;
const HOVER_MS = 32;
const SPEED = 41;
const TRAVEL = 61;
const JOINED = 84;
/** One whole, of shares and of body lengths. */
const ONE = 256;

/** Why the eyes decided, in words: sizes in bee and body lengths, for nobody knows the distance. */
export function evidence(visit: Visit): string[] {
  // A code keeps its meaning in every version: what changes is how terms are weighed.
  const found = visit.evidence;
  if (!found) return [];
  const value = (term: number): number | undefined => found.terms.find((one) => one.term === term)?.value;
  const [length, bee, radius, hover] = [value(LENGTH), value(BEE_LENGTH), value(RADIUS), value(HOVER_MS)];
  const [darkness, speed, travel, joined] = [value(DARKNESS), value(SPEED), value(TRAVEL), value(JOINED)];
  const told: string[] = [];
  if (length !== undefined && bee) told.push(m.evidence_length({ times: number(length / bee, 1) }));
  else if (length !== undefined) told.push(m.evidence_no_bees());
  if (radius !== undefined && hover !== undefined)
    told.push(m.evidence_hover({ lengths: number(radius / ONE, 1), time: seconds(hover) }));
  if (speed !== undefined) told.push(m.evidence_speed({ lengths: number(speed / ONE, 1) }));
  if (travel !== undefined && travel > 0) told.push(m.evidence_travel({ lengths: number(travel / ONE, 0) }));
  if (darkness !== undefined && darkness !== 0) {
    const share = number((100 * Math.abs(darkness)) / ONE);
    told.push(darkness > 0 ? m.evidence_darker({ share }) : m.evidence_lighter({ share }));
  }
  if (joined) told.push(m.evidence_joined({ count: joined }));
  return told;
}

/** What became of a visit's clip. */
export interface Clip {
  word: string;
  /** It can be downloaded. */
  id: string | undefined;
  /** It is being made ready to play. */
  is_awaited: boolean;
  /** It can be played. */
  video: Schemas["Video"] | undefined;
  sidecar: string | undefined;
}

export function clipOf(visit: Visit): Clip {
  const clip = visit.clips.find((one) => one.kind === "clip");
  const sidecar = visit.clips.find((one) => one.kind === "sidecar" && one.state === "stored")?.id;
  const none = (word: string): Clip => ({ word, id: undefined, is_awaited: false, video: undefined, sidecar });
  if (visit.no_clip_reason != null) return none(m.clip_none({ why: noClip(visit.no_clip_reason) }));
  switch (clip?.state) {
    case "stored":
      return { ...playOf(clip), id: clip.id, sidecar };
    case "rejected":
      return none(m.clip_rejected({ why: clipFlaw(clip.flaw ?? "") }));
    case "lost":
      return none(m.clip_lost());
    default:
      return none(m.clip_on_its_way());
  }
}

function playOf({ play }: Schemas["VisitClip"]): Pick<Clip, "word" | "is_awaited" | "video"> {
  if (play?.state === "set_aside") return { word: m.clip_set_aside({ why: clipFlaw(play.flaw ?? "") }), is_awaited: false, video: undefined };
  const video = play?.video ?? undefined;
  return { word: m.clip_waiting(), is_awaited: video === undefined, video };
}

/** The address of a visit's small picture, once there is one. */
export function thumbnail(visit: Visit): string | undefined {
  const { id, video } = clipOf(visit);
  return video && id !== undefined ? `/api/v1/clips/${id}/thumbnail.jpg` : undefined;
}

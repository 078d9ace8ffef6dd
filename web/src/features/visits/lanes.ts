import type { Schemas } from "../../api/request";
import { m } from "../../i18n/compiled/messages.js";
import { number } from "../../i18n/time";
import { refusal } from "../../i18n/words";
import { hovering, seen, type Span, type Track } from "./track";

/** What happened at a time of the clip, under the video. */
export interface Lane {
  name: string;
  kind: "seen" | "hovering" | "lit" | "refused";
  spans: Span[];
  /** In words: what the bars say. */
  told: string;
}

const seconds = (spans: Span[]): string => `${number(spans.reduce((sum, { from, until }) => sum + until - from, 0), 1)}\u00a0s`;

/** The lanes of a visit whose clip lasts so many seconds. */
export function lanes(visit: Schemas["Visit"], track: Track, length: number): Lane[] {
  const at = (us: number): number => (us - track.start_us) / 1_000_000;
  // A visit may go on for longer than its clip.
  const cut = (spans: Span[]): Span[] =>
    spans.flatMap(({ from, until }) => (from > length || until < 0 ? [] : [{ from: Math.max(0, from), until: Math.min(length, until) }]));
  const lit = cut(visit.emissions.map((one) => ({ from: at(one.begun_us), until: at(one.ended_us) })));
  const refused = cut(visit.refusals.map((one) => ({ from: at(one.first_us), until: at(one.last_us) })));
  const [seen_spans, hover_spans] = [seen(track), hovering(track)];
  const why = visit.refusals.map((one) => m.lane_refused_told({ count: one.count, why: refusal(one.rule) })).join("; ");
  return [
    { name: m.lane_seen(), kind: "seen", spans: seen_spans, told: seconds(seen_spans) },
    { name: m.lane_hovering(), kind: "hovering", spans: hover_spans, told: seconds(hover_spans) },
    { name: m.lane_lit(), kind: "lit", spans: lit, told: lit.length === 0 ? m.lane_never() : m.lane_lit_told({ time: seconds(lit), count: lit.length }) },
    { name: m.lane_refused(), kind: "refused", spans: refused, told: why === "" ? m.lane_never() : why },
  ];
}

import type { Schemas } from "../../api/request";

/** Where the hornet was in one frame, in shares of the picture. */
export interface Point {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What a clip's sidecar tells, for the pictures of its video: when each is shown, and where the hornet was. */
export interface Track {
  /** Seconds from the video's start of each picture, ascending. */
  times: number[];
  /** Beside each time: where it was, if it was seen. */
  points: (Point | undefined)[];
  /** The video's start in microseconds since the unit's boot. */
  start_us: number;
}

/** From when until when, in seconds from the video's start. */
export interface Span {
  from: number;
  until: number;
}

const WHOLE = 65_536;

interface Sidecar {
  frames: number[];
  track: [frame: number, track: number, x: number, y: number, width: number, height: number][];
}

function isSidecar(value: unknown): value is Sidecar {
  const sidecar = value as Partial<Sidecar> | null;
  return Array.isArray(sidecar?.frames) && Array.isArray(sidecar.track);
}

/** A picture of the video: which frame of the clip it is, and when it is shown, in microseconds from the start. */
type Shown = [frame: number, at_us: number];

/** Reads which pictures a video has, as the server tells; `undefined` for what is none. */
export function readShown(value: unknown): Shown[] | undefined {
  const { frames } = (value ?? {}) as { frames?: Shown[] };
  return Array.isArray(frames) && frames.length > 0 ? frames : undefined;
}

/** Reads a sidecar as the unit wrote it; `undefined` for what is none, or of a version without these fields. It
 * has a time for every frame of the clip, also for those that the unit dropped: `shown` are those with a picture. */
export function readTrack(value: unknown, shown: Shown[]): Track | undefined {
  if (!isSidecar(value)) return undefined;
  const points = new Map<number, Point>();
  for (const [frame, , x, y, width, height] of value.track)
    points.set(frame, { x: x / WHOLE, y: y / WHOLE, width: width / WHOLE, height: height / WHOLE });
  return {
    times: timesOf(shown),
    points: shown.map(([frame]) => points.get(frame)),
    start_us: value.frames[shown[0]?.[0] ?? 0] ?? 0,
  };
}

/** Seconds from the video's start of each of its pictures. */
export const timesOf = (shown: Shown[]): number[] => shown.map(([, us]) => us / 1_000_000);

/** Frames that follow each other with no more than this between them are one span: an insect is lost for a
 * moment behind others. */
const GAP_S = 0.35;

/** Spans of the times whose frame is one of those. */
function spans({ times }: Track, isOne: (frame: number) => boolean): Span[] {
  const found: Span[] = [];
  for (const [frame, time] of times.entries()) {
    if (!isOne(frame)) continue;
    const last = found.at(-1);
    if (last && time - last.until <= GAP_S) last.until = time;
    else found.push({ from: time, until: time });
  }
  return found;
}

/** When the hornet was seen. */
export const seen = (track: Track): Span[] => spans(track, (frame) => track.points[frame] !== undefined);

/** How long it must stay in a place to hover there, and how large that place is: its own length to each side. */
const HOVER_S = 0.5;
const HOVER_LENGTHS = 1;
const ROUNDING_S = 0.001;

/** When it hovered, by its track alone: for half a second it stayed within its own length of where it was. */
export function hovering(track: Track): Span[] {
  const { times, points } = track;
  const isStill = new Array<boolean>(points.length).fill(false);
  let from = 0;
  for (let at = 0; at < points.length; at += 1) {
    const now = points[at];
    if (!now) continue;
    const length = Math.max(now.width, now.height) * HOVER_LENGTHS;
    const time = times[at] ?? 0;
    from = Math.min(from, at);
    while ((times[from] ?? 0) < time - HOVER_S - ROUNDING_S) from += 1;
    const before = points.slice(from, at).filter((point) => point !== undefined);
    const isLong = before.length > 0 && (times[from] ?? 0) <= time - HOVER_S + GAP_S;
    if (!isLong || before.some((point) => Math.abs(point.x - now.x) > length || Math.abs(point.y - now.y) > length)) continue;
    isStill.fill(true, from, at + 1);
  }
  return spans(track, (frame) => isStill[frame] === true && points[frame] !== undefined);
}

/** The number of the frame that is shown at a time: the last one that began. */
export function frameAt(times: number[], seconds: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    // A browser rounds times: a frame has begun when it is nearer than half a millisecond.
    if ((times[middle] ?? Infinity) <= seconds + 0.0005) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A time within the frame that is `steps` from the one shown: a little behind its beginning. */
export function stepFrom(times: number[], seconds: number, steps: number): number {
  const to = Math.min(Math.max(frameAt(times, seconds) + steps, 0), times.length - 1);
  return (times[to] ?? 0) + 0.001;
}

/** Even times of a video without a sidecar. */
export function evenTimes(video: Schemas["Video"]): number[] {
  const each = video.duration_us / 1_000_000 / Math.max(1, video.frame_count);
  return Array.from({ length: video.frame_count }, (_, at) => at * each);
}

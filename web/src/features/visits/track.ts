import type { Schemas } from "../../api/request";

/** Where the hornet was in one frame, in shares of the picture. */
export interface Point {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What a clip's sidecar tells: the frames with a picture, when each is shown, and where the hornet was. */
export interface Track {
  /** Seconds from the video's start, ascending. */
  times: number[];
  /** Beside each time: where it was, if it was seen. */
  points: (Point | undefined)[];
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

/** Reads a sidecar as the unit wrote it; `undefined` for what is none, or of a version without these fields. */
export function readTrack(value: unknown): Track | undefined {
  if (!isSidecar(value) || value.frames.length === 0) return undefined;
  const first = value.frames[0] ?? 0;
  const points = new Array<Point | undefined>(value.frames.length).fill(undefined);
  for (const [frame, , x, y, width, height] of value.track)
    if (frame < points.length) points[frame] = { x: x / WHOLE, y: y / WHOLE, width: width / WHOLE, height: height / WHOLE };
  return { times: value.frames.map((us) => (us - first) / 1_000_000), points };
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

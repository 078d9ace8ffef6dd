/** A frame as the unit sent it. */
export interface Frame {
  sequence: number;
  captured_us: number;
  jpeg: Blob;
}

/** Bytes before a frame's JPEG. */
const HEADER = 24;

/** Reads a binary message; `undefined` for what is no frame of a version this page knows. */
export function readFrame(message: ArrayBuffer): Frame | undefined {
  if (message.byteLength <= HEADER) return undefined;
  const view = new DataView(message);
  const length = view.getUint32(4, true);
  if (view.getUint8(0) !== 1 || length !== message.byteLength - HEADER) return undefined;
  return {
    sequence: Number(view.getBigUint64(8, true)),
    captured_us: Number(view.getBigUint64(16, true)),
    jpeg: new Blob([new Uint8Array(message, HEADER)], { type: "image/jpeg" }),
  };
}

/** An insect that the unit follows, in shares of the picture. */
export interface Seen {
  track: number;
  x: number;
  y: number;
  width: number;
  height: number;
  is_hornet: boolean;
}

const WHOLE = 65_536;

/** Reads the tracks of `frame_facts`. */
export function readTracks(tracks: unknown): Seen[] {
  if (!Array.isArray(tracks)) return [];
  return tracks.flatMap((one: unknown) => {
    if (!Array.isArray(one) || one.length < 6) return [];
    const [track, x, y, width, height, is_hornet] = one as number[];
    const share = (value: number | undefined) => (value ?? 0) / WHOLE;
    return [{ track: track ?? 0, x: share(x), y: share(y), width: share(width), height: share(height), is_hornet: Boolean(is_hornet) }];
  });
}

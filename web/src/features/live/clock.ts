// How old a picture is: the page's clock against the server's, and the unit's against the server's.
// All times are in milliseconds; the page's are since the page was opened, the server's and the
// unit's wall time since 1970 UTC.

/** One exchange of four timestamps. */
export interface Exchange {
  /** When the page sent, by its clock. */
  sent: number;
  /** When the server had it, by the server's. */
  received: number;
  /** When the server answered, by the server's. */
  answered: number;
  /** When the page had the answer, by its clock. */
  back: number;
}

/** The server's clock less the page's, and the bound of its error. */
export interface Offset {
  ms: number;
  error_ms: number;
}

/** The server tells whole milliseconds: each of its two timestamps may be one too early. */
const RESOLUTION_MS = 1;

/** What one exchange tells. */
export function offsetOf({ sent, received, answered, back }: Exchange): Offset | undefined {
  const way = back - sent - (answered - received);
  if (!(way >= -RESOLUTION_MS)) return undefined;
  return { ms: (received - sent + (answered - back)) / 2, error_ms: Math.max(0, way) / 2 + RESOLUTION_MS };
}

/** How many exchanges are kept: a few seconds of them, so that a clock that is set is followed. */
const KEPT = 32;

/** The best of the newest exchanges: the one with the shortest way. */
export class ServerClock {
  #kept: Offset[] = [];

  add(exchange: Exchange): void {
    const offset = offsetOf(exchange);
    if (!offset) return;
    this.#kept.push(offset);
    if (this.#kept.length > KEPT) this.#kept.shift();
  }

  get best(): Offset | undefined {
    return this.#kept.reduce<Offset | undefined>(
      (best, one) => (best && best.error_ms <= one.error_ms ? best : one),
      undefined,
    );
  }
}

/** What a unit says of its clock: the wall time of a moment of its uptime. */
export interface UnitClock {
  uptime_us: number;
  state: string;
  wall?: { ms: number; error_ms: number };
}

/** A picture's age, with the bound of its error. */
export interface Age {
  ms: number;
  error_ms: number;
}

/** The age at `now` of a picture captured at `captured_us` of the unit's uptime; unknown while a clock is. */
export function ageOf(
  captured_us: number,
  now: number,
  unit: UnitClock | undefined,
  server: Offset | undefined,
): Age | undefined {
  if (!unit?.wall || unit.state === "unsynchronised" || !server) return undefined;
  const captured = unit.wall.ms + (captured_us - unit.uptime_us) / 1_000;
  return { ms: now + server.ms - captured, error_ms: unit.wall.error_ms + server.error_ms };
}

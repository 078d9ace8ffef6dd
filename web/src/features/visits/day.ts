import { isZone } from "../../i18n/time";
import type { Site, Visit } from "../../sync/database";

const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The reader's own time zone. */
export const ownZone = (): string => OWN_ZONE;

/** Making a format costs more than a thousand uses of it: one for each zone. */
function cached(options: Intl.DateTimeFormatOptions): (zone: string) => Intl.DateTimeFormat {
  const formats = new Map<string, Intl.DateTimeFormat>();
  return (zone) => {
    const format = formats.get(zone) ?? new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
    formats.set(zone, format);
    return format;
  };
}
const days = cached({ year: "numeric", month: "2-digit", day: "2-digit" });
const hours = cached({ hour: "2-digit", hourCycle: "h23" });

/** The time zone of the place where a visit happened; the reader's own where no site is known. */
export function zoneOf(visit: Visit, sites: Site[]): string {
  const zone = sites.find((site) => site.id === visit.site_id)?.time_zone;
  return zone !== undefined && isZone(zone) ? zone : ownZone();
}

/** So many days before a day, both as `2026-09-22`: by the calendar, for not every day has 24 hours. */
export function daysBefore(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() - days);
  return at.toISOString().slice(0, 10);
}

/** The day of a moment at a place, as `2026-09-22`. */
export function dayOf(at_ms: number, zone: string): string {
  const [day, month, year] = days(zone).format(at_ms).split("/");
  return `${year}-${month}-${day}`;
}

const HOUR_MS = 3_600_000;

/** When a day begins at a place, or so many days later; `undefined` for what is no day. A day has 23 hours or
 * 25 when its clocks change. */
export function dayBegins(day: string, zone: string, days = 0): number | undefined {
  const midnight = Date.parse(`${day}T00:00:00Z`) + days * 24 * HOUR_MS;
  // Years of five digits are typed by mistake.
  if (Number.isNaN(midnight) || day.length !== 10) return undefined;
  const wanted = new Date(midnight).toISOString().slice(0, 10);
  // Clocks are at most 14 hours ahead of UTC and 12 behind.
  let [before, within] = [midnight - 15 * HOUR_MS, midnight + 13 * HOUR_MS];
  while (within - before > 1_000) {
    const middle = (before + within) / 2;
    if (dayOf(middle, zone) >= wanted) within = middle;
    else before = middle;
  }
  return Math.round(within / 60_000) * 60_000;
}

/** The hour of a moment at a place, 0 to 23. */
export function hourOf(at_ms: number, zone: string): number {
  return Number(hours(zone).format(at_ms));
}

/** Whether a visit counts: what is kept to know what the eyes miss does not. */
export const isCounted = (visit: Visit): boolean => visit.kind === "verdict";

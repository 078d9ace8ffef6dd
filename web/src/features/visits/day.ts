import type { Site, Visit } from "../../sync/database";

/** The reader's own time zone. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The time zone of the place where a visit happened; the reader's own where no site is known. */
export function zoneOf(visit: Visit, sites: Site[]): string {
  return sites.find((site) => site.id === visit.site_id)?.time_zone ?? ownZone();
}

/** The day of a moment at a place, as `2026-09-22`. */
export function dayOf(at_ms: number, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(at_ms);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/** When the day of a moment begins at a place: a day has 23 hours or 25 when its clocks change. */
export function dayStart(at_ms: number, zone: string): number {
  const day = dayOf(at_ms, zone);
  let [before, within] = [at_ms - 26 * 3_600_000, at_ms];
  while (within - before > 1_000) {
    const middle = (before + within) / 2;
    if (dayOf(middle, zone) === day) within = middle;
    else before = middle;
  }
  return Math.round(within / 60_000) * 60_000;
}

/** The hour of a moment at a place, 0 to 23. */
export function hourOf(at_ms: number, zone: string): number {
  return Number(new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", hourCycle: "h23" }).format(at_ms));
}

/** Whether a visit counts: what is kept to know what the eyes miss does not. */
export const isCounted = (visit: Visit): boolean => visit.kind === "verdict";

import type { Site, Visit } from "../../sync/database";

/** The time zone of the place where a visit happened; the reader's own where no site is known. */
export function zoneOf(visit: Visit, sites: Site[]): string {
  return sites.find((site) => site.id === visit.site_id)?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The day of a moment at a place, as `2026-09-22`. */
export function dayOf(at_ms: number, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(at_ms);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/** The hour of a moment at a place, 0 to 23. */
export function hourOf(at_ms: number, zone: string): number {
  return Number(new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", hourCycle: "h23" }).format(at_ms));
}

/** Whether a visit counts: what is kept to know what the eyes miss does not. */
export const isCounted = (visit: Visit): boolean => visit.kind === "verdict";

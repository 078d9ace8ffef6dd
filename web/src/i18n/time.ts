import { getLocale } from "./compiled/runtime.js";

/** The reader's own variant of the language that is shown, such as English of Ireland. */
function locale(): string {
  const shown = getLocale();
  const own = typeof navigator === "undefined" ? [] : navigator.languages;
  return own.find((one) => one.toLowerCase().startsWith(shown)) ?? shown;
}

/** Making a format costs more than a thousand uses of it. */
const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function kept<T extends Intl.NumberFormat | Intl.DateTimeFormat>(make: (locale: string) => T, key: string): T {
  const shown = locale();
  const name = `${shown} ${key}`;
  const format = (made.get(name) as T | undefined) ?? make(shown);
  made.set(name, format);
  return format;
}
const numbers = (options: Intl.NumberFormatOptions): Intl.NumberFormat =>
  kept((shown) => new Intl.NumberFormat(shown, options), `number ${JSON.stringify(options)}`);
const dates = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  kept((shown) => new Intl.DateTimeFormat(shown, options), `date ${JSON.stringify(options)}`);

// The symbols of seconds, minutes and hours are the same in every language, unlike their short words.
const symbol = (value: number, sign: "s" | "min" | "h", digits = 0): string =>
  `${numbers({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)}\u00a0${sign}`;

const unit = (value: number, unit: string): string =>
  numbers({ style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 }).format(value);

/** A span of time in its one or two largest units, such as "19 h 50 min". */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return symbol(seconds, "s");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return symbol(minutes, "min");
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return unit(Math.floor(hours / 24), "day");
  return minutes % 60 === 0 ? symbol(hours, "h") : `${symbol(hours, "h")} ${symbol(minutes % 60, "min")}`;
}

/** Seconds to a hundredth, such as "0.31 s". */
export const seconds = (ms: number): string => symbol(ms / 1_000, "s", 2);

/** A moment's day and time, in the reader's locale; at a place, or at the reader's. */
export const moment = (at: string | number, zone?: string): string => inWords(new Date(at), { timeStyle: "short" }, zone);

/** The same to the second: two visits may share a minute. */
export const exactMoment = (at: string | number, zone?: string): string => inWords(new Date(at), { timeStyle: "medium" }, zone);

/** At a place whose clocks show another time than the reader's, the zone is named. */
function inWords(at: Date, style: Intl.DateTimeFormatOptions, zone: string | undefined): string {
  const told = dates({ dateStyle: "medium", ...style, ...inZone(zone) }).format(at);
  if (zone === undefined || !isZone(zone)) return told;
  const clock = (options: Intl.DateTimeFormatOptions): string => dates({ dateStyle: "short", timeStyle: "short", ...options }).format(at);
  if (clock({}) === clock({ timeZone: zone })) return told;
  const name = dates({ timeZone: zone, timeZoneName: "short" }).formatToParts(at).find(({ type }) => type === "timeZoneName")?.value;
  return `${told} ${name ?? zone}`;
}

/** A moment as part of a file's name, at a place or at the reader's. */
export function fileMoment(at: string | number, zone?: string): string {
  const parts = dates({ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", ...inZone(zone) }).formatToParts(new Date(at));
  const of = (wanted: string): string => parts.find(({ type }) => type === wanted)?.value ?? "";
  return `${of("year")}-${of("month")}-${of("day")} ${of("hour")}-${of("minute")}-${of("second")}`;
}

/** The time of a moment to the second, at a place or at the reader's. */
export const clockTime = (at: string | number, zone?: string): string => dates({ timeStyle: "medium", ...inZone(zone) }).format(new Date(at));

/** A zone that this browser does not know, of a newer list of zones, is the reader's own. */
function inZone(zone: string | undefined): { timeZone?: string } {
  return zone === undefined || !isZone(zone) ? {} : { timeZone: zone };
}

const zones = new Map<string, boolean>();

/** Whether this browser knows a time zone by that name. */
export function isZone(zone: string): boolean {
  let is_known = zones.get(zone);
  if (is_known === undefined) {
    try {
      new Intl.DateTimeFormat("en", { timeZone: zone });
      is_known = true;
    } catch {
      is_known = false;
    }
    zones.set(zone, is_known);
  }
  return is_known;
}

/** A day with its weekday; at a place, or at the reader's. */
export const day = (at: number, zone?: string): string =>
  dates({ weekday: "long", day: "numeric", month: "long", ...inZone(zone) }).format(new Date(at));

/** Degrees Celsius of thousandths. */
export const celsius = (thousandths: number): string => numbers({ style: "unit", unit: "celsius", maximumFractionDigits: 0 }).format(thousandths / 1_000);

/** A whole or broken number. */
export const number = (value: number, digits = 0): string =>
  numbers({ maximumFractionDigits: digits }).format(value);

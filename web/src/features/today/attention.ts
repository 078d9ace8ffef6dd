import { m } from "../../i18n/compiled/messages.js";
import { span } from "../../i18n/time";
import { fault } from "../../i18n/words";
import { livenessOf } from "../../sync/liveness";
import type { Unit } from "../../sync/local.svelte";

/** Something that a person should look at. */
export interface Matter {
  key: string;
  is_bad: boolean;
  text: string;
  path: string;
}

/** A spool whose oldest waits this long does not empty. */
const UNSENT_MS = 3_600_000;

/** A disk with less room than a tenth is nearly full. */
const FREE_SHARE = 0.1;

/** What of the units a person should look at, the worst first. */
export function matters(units: Unit[], server_ms: number, asked_ms: number | undefined): Matter[] {
  const found = units.flatMap((unit) => {
    const { id, name, state } = unit;
    const liveness = livenessOf(unit, server_ms, asked_ms);
    const about = (kind: string, is_bad: boolean, text: string): Matter => ({ key: `${kind} ${id}`, is_bad, text, path: "/units" });
    const own: Matter[] = [];
    if (liveness === "offline" && unit.heard_at != null)
      own.push(about("offline", true, m.look_silent({ name, age: span(server_ms - Date.parse(unit.heard_at)) })));
    if (liveness === "late" && unit.heard_at != null) own.push(about("late", false, m.look_late({ name, age: span(server_ms - Date.parse(unit.heard_at)) })));
    if (liveness === "never_heard") own.push(about("never", false, m.look_never({ name })));
    // What a silent unit said last may be over; that it is silent is told. While nobody can ask, it is not known.
    if (!state || liveness === "offline" || liveness === "not_asked") return own;
    if (state.clock_state === "unsynchronised") own.push(about("clock", false, m.look_clock({ name })));
    for (const code of state.faults) own.push(about(code, true, m.look_fault({ name, fault: fault(code) })));
    if (state.parked_count > 0) own.push(about("parked", false, m.look_parked({ name, count: state.parked_count })));
    if ((state.oldest_unsent_ms ?? 0) > UNSENT_MS)
      own.push(about("unsent", false, m.look_unsent({ name, age: span(state.oldest_unsent_ms ?? 0) })));
    if (state.storage_free_bytes < FREE_SHARE * state.storage_total_bytes) own.push(about("storage", false, m.look_storage({ name })));
    return own;
  });
  return found.sort((a, b) => Number(b.is_bad) - Number(a.is_bad));
}

/** What is said while there is nothing to look at: whether all is well, or whether nobody knows. */
export function calm(units: Unit[], server_ms: number, asked_ms: number | undefined): string {
  if (units.length === 0) return m.today_no_unit();
  const is_known = units.some((unit) => livenessOf(unit, server_ms, asked_ms) !== "not_asked");
  if (is_known) return m.today_all_well();
  return asked_ms === undefined ? m.today_not_asked() : m.today_not_known({ age: span(server_ms - asked_ms) });
}

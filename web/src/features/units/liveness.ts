import { m } from "../../i18n/compiled/messages.js";
import { span } from "../../i18n/time";
import { livenessOf } from "../../sync/liveness";
import type { Unit } from "../../sync/local.svelte";

/** How a unit is told: by word and by drawing. */
export function liveness(unit: Unit, server_ms: number, asked_ms: number | undefined): { word: string; cell: "full" | "half" | "dashed" } {
  switch (livenessOf(unit, server_ms, asked_ms)) {
    case "online":
      return { word: m.unit_online(), cell: "full" };
    case "late":
      return { word: m.unit_late(), cell: "half" };
    case "offline":
      return { word: m.unit_offline(), cell: "dashed" };
    case "never_heard":
      return { word: m.unit_never_heard(), cell: "dashed" };
    default:
      return { word: m.unit_not_asked(), cell: "dashed" };
  }
}

/** When it was last heard, by the server's clock. */
export function heard(unit: Unit, server_ms: number): string {
  if (unit.heard_at == null) return m.unit_heard_never();
  return m.unit_heard({ age: span(server_ms - Date.parse(unit.heard_at)) });
}

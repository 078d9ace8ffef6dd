import type { UnitLive } from "./database";

/** As the server judges it: heard within 150 s is online, within 10 min late. */
const ONLINE_MS = 150_000;
const LATE_MS = 600_000;

/** How fresh a unit's last sign is by now: what was told of it grows old while nobody can ask. */
export function livenessOf({ liveness, heard_at }: Partial<UnitLive>, server_ms: number): UnitLive["liveness"] | undefined {
  if (liveness === undefined || heard_at == null) return liveness;
  const age_ms = server_ms - Date.parse(heard_at);
  if (age_ms <= ONLINE_MS) return "online";
  return age_ms <= LATE_MS ? "late" : "offline";
}

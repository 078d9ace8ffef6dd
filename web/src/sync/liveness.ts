import type { UnitLive } from "./database";

/** As the server judges it: heard within 150 s is online, within 10 min late. */
const ONLINE_MS = 150_000;
const LATE_MS = 600_000;

/** What was asked so long ago says nothing of now: whatever came of the unit since, nobody here heard of it. */
const ASKED_MS = 150_000;

/** How fresh a unit's last sign is by now; `not_asked` while the server cannot be asked, which is no fault of the
 * unit. `asked_ms` is when the server was last asked how units are, by its clock as `server_ms` is. */
export function livenessOf(
  { liveness, heard_at }: Partial<UnitLive>,
  server_ms: number,
  asked_ms: number | undefined,
): UnitLive["liveness"] | "not_asked" | undefined {
  if (asked_ms === undefined || server_ms - asked_ms > ASKED_MS) return "not_asked";
  if (liveness === undefined || heard_at == null) return liveness;
  const age_ms = Math.max(0, server_ms - Date.parse(heard_at));
  if (age_ms <= ONLINE_MS) return "online";
  return age_ms <= LATE_MS ? "late" : "offline";
}

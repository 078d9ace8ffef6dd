// A unit's heartbeat comes once a minute: what it said became of a command is newer until the next one.
import type { LocalDatabase, UnitLive } from "./database";

/** What a unit said of its deterrent when a command ended. */
export interface Commanded {
  is_armed: boolean;
  /** When, by the server's clock. */
  at: string;
}

/** Keeps it for every screen; `armed` and `disarmed` are the ends that say how the deterrent is. */
export async function keepCommanded(database: LocalDatabase, unit: string, state: string, ended_at: string | null | undefined): Promise<void> {
  if ((state !== "armed" && state !== "disarmed") || ended_at == null) return;
  await database.unit_states.update(unit, { commanded: { is_armed: state === "armed", at: ended_at } });
}

type Told = Pick<UnitLive, "heard_at" | "state" | "commanded">;

/** Whether a heartbeat came since. */
export const isOlder = ({ heard_at, commanded }: Told): boolean =>
  commanded !== undefined && (heard_at == null || Date.parse(heard_at) < Date.parse(commanded.at));

/** How a unit is: as it said last, by heartbeat or by a command's end. */
export function stateNow(unit: Told): UnitLive["state"] {
  const { state, commanded } = unit;
  if (!state || !commanded || !isOlder(unit) || state.is_armed === commanded.is_armed) return state;
  return { ...state, is_armed: commanded.is_armed, armed_reason: "network" };
}

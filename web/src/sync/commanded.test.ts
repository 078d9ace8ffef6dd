import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { keepCommanded, stateNow } from "./commanded";
import { LocalDatabase, type UnitLive } from "./database";

const state = { is_armed: true, armed_reason: "button", faults: [] as string[] } as NonNullable<UnitLive["state"]>;
const at = (second: number): string => `2026-08-01T12:00:0${second}.000Z`;

test("what a command's end said holds until the unit says something newer", () => {
  const told = (heard: number, is_armed: boolean, said: number) => stateNow({ heard_at: at(heard), state, commanded: { is_armed, at: at(said) } });
  expect(told(1, false, 2)).toMatchObject({ is_armed: false, armed_reason: "network" });
  expect(told(3, false, 2)).toBe(state);
  expect(told(1, true, 2)).toBe(state);
  expect(stateNow({ heard_at: at(1), state })).toBe(state);
  expect(stateNow({ heard_at: at(1), state: null, commanded: { is_armed: false, at: at(2) } })).toBeNull();
});

test("only the ends that say how the deterrent is are kept", async () => {
  const database = new LocalDatabase("commanded", "t");
  await database.unit_states.put({ id: "u", liveness: "online", listens: true, heard_at: at(1), state });
  const kept = async () => (await database.unit_states.get("u"))?.commanded;
  for (const other of ["located", "refused", "expired"]) await keepCommanded(database, "u", other, at(2));
  await keepCommanded(database, "u", "armed", undefined);
  expect(await kept()).toBeUndefined();
  await keepCommanded(database, "u", "disarmed", at(2));
  expect(await kept()).toEqual({ is_armed: false, at: at(2) });
  database.close();
});

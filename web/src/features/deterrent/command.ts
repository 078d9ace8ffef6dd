import { api, ask, type Failure, type Schemas } from "../../api/request";
import { m } from "../../i18n/compiled/messages.js";
import { clockTime } from "../../i18n/time";
import { commandRefusal } from "../../i18n/words";

export type Command = Schemas["Command"];
export type CommandKind = Schemas["NewCommandKind"];

/** How often it is asked what became of a command. */
const ASK_MS = 400;

/** Longest wait for what became of it: a command is over after 150 s. */
const WAIT_MS_MAX = 180_000;

export type Outcome = { ok: true; command: Command } | { ok: false; why: Failure };

/** Gives a command and waits until it is known what became of it; tells each state on the way. */
export async function command(unit: string, kind: CommandKind, tell: (command: Command) => void): Promise<Outcome> {
  const given = await ask<Command>(
    api.POST("/api/v1/units/{id}/commands", { params: { path: { id: unit } }, body: { kind } }),
  );
  if (!given.ok) return given;
  let newest = given.data;
  const until = performance.now() + WAIT_MS_MAX;
  for (;;) {
    tell(newest);
    if (newest.ended_at != null || !isOnItsWay(newest)) return { ok: true, command: newest };
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
    const path = { id: unit, command_id: newest.id };
    const answer = await ask<Command>(api.GET("/api/v1/units/{id}/commands/{command_id}", { params: { path } }));
    if (answer.ok) newest = answer.data;
    else if (answer.why.kind !== "unreachable" || until < performance.now()) return answer;
  }
}

export const isOnItsWay = (command: Command): boolean => command.state === "waiting" || command.state === "sent";

/** What became of a command, in words. */
export function told({ state, reason, created_at, expires_at }: Command): string {
  switch (state) {
    case "waiting":
      return m.command_waiting({ since: clockTime(created_at), until: clockTime(expires_at) });
    case "sent":
      return m.command_sent({ since: clockTime(created_at), until: clockTime(expires_at) });
    case "armed":
      return m.command_armed();
    case "disarmed":
      return m.command_disarmed();
    case "located":
      return m.command_located();
    case "needs_local_press":
      return m.command_needs_local_press();
    case "refused":
      if (reason === "no_deterrent") return m.command_no_deterrent();
      if (reason === "no_lamp") return m.command_no_lamp();
      return m.command_refused({ why: commandRefusal(reason ?? "") });
    case "expired":
      return m.command_expired();
    case "unreachable":
      return m.command_unreachable();
    default:
      return m.code_unknown({ code: state });
  }
}

import type { Schemas } from "../api/request";
import type { LocalDatabase } from "./database";

type Changes = Schemas["Changes"];

/** Visits that a device keeps: so many days of them, and so many. */
export const VISIT_DAYS = 90;
export const VISITS_MAX = 5_000;

export const DAY_MS = 86_400_000;

/** Takes a page of changes over, with the cursor that goes with it: both or neither. */
export async function apply(database: LocalDatabase, page: Changes, at_ms: number): Promise<void> {
  const { sites, hives, units, visits, marks } = database;
  await database.transaction("rw", sites, hives, units, visits, marks, async () => {
    if (page.starts_anew) await Promise.all([sites.clear(), hives.clear(), units.clear(), visits.clear()]);
    for (const change of page.items) {
      switch (change.kind) {
        case "site":
          await sites.put(change.record);
          break;
        case "hive":
          await hives.put(change.record);
          break;
        case "unit":
          await units.put(change.record);
          break;
        case "visit":
          // One that lies in the bin is on no screen; brought back it comes again, whole.
          if (change.record.deleted_at == null) await visits.put(change.record);
          else await visits.delete(change.record.id);
          break;
        default:
          // A later server may have kinds that this page does not show.
          change satisfies never;
      }
    }
    // What is here is of that time only once nothing is missing.
    const before = page.starts_anew ? undefined : (await marks.get("changes"))?.at_ms;
    const of_ms = page.has_more ? before : at_ms;
    await marks.put({ what: "changes", cursor: page.cursor, ...(of_ms === undefined ? {} : { at_ms: of_ms }) });
  });
}

/** Drops the oldest visits beyond what a device keeps. */
export async function prune(database: LocalDatabase, now_ms: number): Promise<void> {
  const { visits } = database;
  await database.transaction("rw", visits, async () => {
    await visits.where("opened_at").below(new Date(now_ms - VISIT_DAYS * DAY_MS).toISOString()).delete();
    const over = (await visits.count()) - VISITS_MAX;
    if (over > 0) await visits.bulkDelete(await visits.orderBy("opened_at").limit(over).primaryKeys());
  });
}

/** How long after its beginning more is expected of a visit soon: its end, its clip, what plays. */
const AWAITED_MS = 300_000;

/** Whether a visit of just now is not all here yet. */
export async function isAwaited(database: LocalDatabase, now_ms: number): Promise<boolean> {
  // One of the future is of a unit whose clock was wrong: nothing more is expected of it sooner for that.
  const [from, until] = [now_ms - AWAITED_MS, now_ms + AWAITED_MS].map((at) => new Date(at).toISOString());
  const recent = await database.visits.where("opened_at").between(from, until).toArray();
  return recent.some((visit) => {
    if (visit.closed_at == null) return true;
    const clip = visit.clips.find((one) => one.kind === "clip");
    if (visit.no_clip_reason != null || clip?.state === "rejected" || clip?.state === "lost") return false;
    return clip?.play == null || clip.play.state === "waiting" || clip.play.video?.has_times === false;
  });
}

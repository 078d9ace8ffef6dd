import type { Visit } from "./database";

/** A visit for tests: a verdict of nine seconds, of which nothing else is known. */
export const visit = (more: Partial<Visit> = {}): Visit => ({
  id: "v",
  unit_id: "u",
  kind: "verdict",
  opened_at: "2026-08-01T12:00:00.000Z",
  closed_at: "2026-08-01T12:00:09.000Z",
  is_opened: true,
  is_time_suspect: false,
  emissions: [],
  refusals: [],
  clips: [],
  labels: [],
  version: 1,
  ...more,
});

import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

/** The shapes that the server's document names. */
export type Schemas = components["schemas"];

/** Why a request gave nothing. */
export type Failure =
  /** The server refused; `code` is one of its stable codes. */
  | { kind: "refused"; code: string; detail: string | undefined; tenants?: Schemas["TenantChoice"][] }
  /** The session is over, or there was none. */
  | { kind: "sign_in_needed" }
  /** No answer: no network, or no server. */
  | { kind: "unreachable" }
  /** This device could not keep what came; `name` is the browser's word for why. */
  | { kind: "device"; name: string };

export type Answer<T> = { ok: true; data: T; server_ms: number | undefined } | { ok: false; why: Failure };

/** Longest wait for an answer. */
const ANSWER_MS_MAX = 15_000;

const bounded = (request: Request): Promise<Response> =>
  fetch(new Request(request, { signal: AbortSignal.timeout(ANSWER_MS_MAX) }));

/** Where the session's own requests go: for them nothing is refreshed. */
const SESSION_PATHS = ["/api/v1/session/refresh", "/api/v1/set-up"];

/** Counts the sessions' beginnings and refreshes: what was sent before the last of them was sent with other
 * cookies, and its refusal says nothing of the present ones. */
let era = 0;

/** The browser's cookies are new. */
export function cookiesChanged(): void {
  era += 1;
}

let refresh: () => Promise<boolean> = () => Promise.resolve(false);

/** Has `how` called when a request was told to sign in first; whether the session goes on after it. */
export function onAccessOver(how: () => Promise<boolean>): void {
  refresh = how;
}

/** Whose the page is, as the server is told: pages of one browser share their cookies. */
let member: string | undefined;
let otherMember: () => void = () => undefined;

/** From now on the page is this member's of this tenant; `undefined` when it is nobody's. */
export function actAs(who: { tenant_id: string; account_id: string } | undefined): void {
  member = who && `${who.tenant_id}/${who.account_id}`;
}

/** Has `tell` called when the browser turns out to be signed in as somebody else. */
export function onOtherMember(tell: () => void): void {
  otherMember = tell;
}

/** Sends a request, and once more when only the short access token was over. */
async function sent(request: Request): Promise<Response> {
  if (member !== undefined) request.headers.set("X-Apis-Member", member);
  const began = era;
  const again = request.clone();
  const answer = await bounded(request);
  if (answer.status !== 401 || SESSION_PATHS.includes(new URL(request.url).pathname)) return answer;
  const problem = (await answer.clone().json().catch(() => ({}))) as { code?: string };
  if (problem.code !== "sign_in_needed") return answer;
  const goesOn = era !== began || (await refresh()) || era !== began;
  return goesOn ? bounded(again) : answer;
}

/** The server's operations. `X-Apis` is a header that no other origin can add. */
export const api = createClient<paths>({ headers: { "X-Apis": "1" }, fetch: sent });

/** The header of a change that was made on this version of a record. */
export const ifMatch = ({ version }: { version: number }): { "If-Match": string } => ({ "If-Match": `"${version}"` });

let signInNeeded: () => void = () => undefined;

/** Has `tell` called whenever an operation was told to sign in first. */
export function onSignInNeeded(tell: () => void): void {
  signInNeeded = tell;
}

interface Reply<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** An operation's answer, or why there is none. Never throws. Unless it is asked `quietly`, a session that is over
 * is told. */
export async function ask<T>(reply: Promise<Reply<T>>, how: "quietly" | "aloud" = "aloud"): Promise<Answer<T>> {
  let got: Reply<T>;
  try {
    got = await reply;
  } catch {
    return { ok: false, why: { kind: "unreachable" } };
  }
  const { data, error, response } = got;
  if (response.ok) {
    const date = Date.parse(response.headers.get("date") ?? "");
    return { ok: true, data: data as T, server_ms: Number.isNaN(date) ? undefined : date };
  }
  const problem = error as Partial<Schemas["Problem"]> | undefined;
  const code = problem?.code ?? `http_${response.status}`;
  if (code === "other_member") otherMember();
  if (code === "sign_in_needed") {
    if (how === "aloud") signInNeeded();
    return { ok: false, why: { kind: "sign_in_needed" } };
  }
  const tenants = problem?.tenants ?? [];
  return { ok: false, why: { kind: "refused", code, detail: problem?.detail, ...(tenants.length === 0 ? {} : { tenants }) } };
}

/** All pages of a list. */
export async function askAll<T>(
  page: (cursor: string | undefined) => Promise<Answer<{ items: T[]; next_cursor?: string | null }>>,
): Promise<Answer<T[]>> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (;;) {
    const answer = await page(cursor);
    if (!answer.ok) return answer;
    items.push(...answer.data.items);
    cursor = answer.data.next_cursor ?? undefined;
    if (cursor === undefined) return { ok: true, data: items, server_ms: answer.server_ms };
  }
}

import createClient from "openapi-fetch";
import type { components, paths } from "./schema";
import { sent, tellOtherMember } from "./send";

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

/** The server's operations. `X-Apis` is a header that no other origin can add. */
export const api = createClient<paths>({ headers: { "X-Apis": "1" }, fetch: (request) => sent(request) });

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
  if (code === "other_member") tellOtherMember();
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

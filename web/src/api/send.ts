// How a request goes out: bounded, in the name of the page's member, and once more when only the short access
// token was over.

/** Longest wait for an answer. */
const ANSWER_MS_MAX = 15_000;

const bounded = (request: Request, ms_max: number): Promise<Response> =>
  fetch(new Request(request, { signal: AbortSignal.timeout(ms_max) }));

/** The session's own requests: for them nothing is refreshed, and they say who is signed in, whoever that is. */
const SESSION_PATHS = ["/api/v1/session/refresh", "/api/v1/set-up"];
const SESSION_PATH = "/api/v1/session";

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

/** From now on the page is this member's of this tenant; `undefined` when it is nobody's. */
export function actAs(who: { tenant_id: string; account_id: string } | undefined): void {
  member = who && `${who.tenant_id}/${who.account_id}`;
}

/** Called when the browser turns out to be signed in as somebody else. */
export let tellOtherMember: () => void = () => undefined;

/** Has `tell` called then. */
export function onOtherMember(tell: () => void): void {
  tellOtherMember = tell;
}

/** What a path of the server holds, as JSON; `undefined` when it cannot be had. */
export async function get(path: string): Promise<unknown> {
  try {
    const answer = await sent(new Request(path));
    return answer.ok ? ((await answer.json()) as unknown) : undefined;
  } catch {
    return undefined;
  }
}

/** Sends a request, and waits for so long at most. */
export async function sent(request: Request, ms_max = ANSWER_MS_MAX): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (member !== undefined && pathname !== SESSION_PATH) request.headers.set("X-Apis-Member", member);
  const began = era;
  const again = request.clone();
  const answer = await bounded(request, ms_max);
  if (answer.status !== 401 || SESSION_PATHS.includes(pathname)) return answer;
  const problem = (await answer.clone().json().catch(() => ({}))) as { code?: string };
  if (problem.code !== "sign_in_needed") return answer;
  const goesOn = era !== began || (await refresh()) || era !== began;
  return goesOn ? bounded(again, ms_max) : answer;
}

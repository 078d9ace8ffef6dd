import { api, ask, type Failure, type Schemas } from "../../api/request";
import { actAs, cookiesChanged } from "../../api/send";

type Session = Schemas["Session"];

/** Who is signed in, kept for opening offline; what it may do is decided by the server. */
const KEPT = "apis-session";

/** The session was left without a network: the browser has its cookies still, and the server knows nothing. */
const LEFT = "apis-left";

/** One page of the app refreshes at a time: the others take what it was given. */
const LOCK = "apis-refresh";

/** When the session of this browser was last refreshed, by whichever page. */
const REFRESHED = "apis-refreshed";

/** Longest wait for a page that holds the lock: one that was frozen holds it for ever. */
const LOCK_MS_MAX = 20_000;

/** How long after a refresh that got no answer the next is tried. */
const AGAIN_MS = 30_000;

/** The session of this browser. */
class SessionState {
  /** `undefined` when nobody is signed in on this device. */
  now = $state<Session | undefined>();
  /** Whether it is known who is signed in. */
  is_known = $state(false);
  /** The session is over, while its member's pages are open. */
  is_over = $state(false);
  /** It was ended because an old token of it was used again. */
  is_reused = $state(false);

  #due: ReturnType<typeof setTimeout> | undefined;
  #due_at = Infinity;

  constructor() {
    // A device that slept did not count.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.#due_at <= Date.now()) this.#refreshInTime();
    });
    // Another page of this browser signed in, refreshed or signed out.
    addEventListener("storage", ({ key }) => {
      if (key === KEPT) this.#follow();
    });
  }

  /** Asks the server who is signed in; without a network whoever was last. */
  async load(): Promise<void> {
    if (localStorage.getItem(LEFT) !== null && !(await this.#endLeft())) {
      this.is_known = true;
      return;
    }
    // What is kept here is shown while the server is asked.
    const kept = this.now ? undefined : read();
    if (kept) {
      this.#show(kept);
      this.is_known = true;
    }
    const answer = await ask<Session>(api.GET("/api/v1/session"));
    if (answer.ok) this.#take(answer.data);
    else if (answer.why.kind === "sign_in_needed") this.is_over = this.now !== undefined;
    this.is_known = true;
  }

  /** Signs in; gives why not. */
  async signIn(email: string, password: string, tenant_id?: string): Promise<Failure | undefined> {
    const body = tenant_id === undefined ? { email, password } : { email, password, tenant_id };
    return this.#begin(await ask<Session>(api.POST("/api/v1/session", { body })));
  }

  /** Makes the server's first account, and is signed in as it; gives why not. */
  async setUp(body: Schemas["SetUp"]): Promise<Failure | undefined> {
    return this.#begin(await ask<Session>(api.POST("/api/v1/set-up", { body })));
  }

  /** Fetches the next tokens; whether the session goes on. Throws when the server does not answer. */
  readonly refresh = async (): Promise<boolean> => {
    const before = localStorage.getItem(REFRESHED);
    const signal = AbortSignal.timeout(LOCK_MS_MAX);
    return navigator.locks.request(LOCK, { signal }, async () => {
      if (localStorage.getItem(REFRESHED) !== before) {
        this.#plan((read() ?? this.now)?.refresh_in_ms ?? AGAIN_MS);
        return true;
      }
      const answer = await ask<Session>(api.POST("/api/v1/session/refresh"), "quietly");
      if (answer.ok) {
        localStorage.setItem(REFRESHED, String(Date.now()));
        this.#take(answer.data);
        return true;
      }
      this.is_reused = answer.why.kind === "refused" && answer.why.code === "session_reused";
      if (answer.why.kind === "sign_in_needed") return false;
      if (this.is_reused) {
        this.tellOver();
        return false;
      }
      this.#plan(AGAIN_MS);
      throw new Error("the session could not be refreshed");
    });
  };

  /** Ends the session at the server; gives why not. Without a network it is over on this device, and at the
   * server when that is next reached. */
  async end(): Promise<Failure | undefined> {
    const answer = await ask(api.DELETE("/api/v1/session"), "quietly");
    if (answer.ok || answer.why.kind === "sign_in_needed") return undefined;
    if (answer.why.kind !== "unreachable") return answer.why;
    localStorage.setItem(LEFT, "1");
    return undefined;
  }

  /** Ends what was left without a network; whether the server knows now. */
  async #endLeft(): Promise<boolean> {
    const answer = await ask(api.DELETE("/api/v1/session"), "quietly");
    const is_over = answer.ok || answer.why.kind === "sign_in_needed";
    if (is_over) localStorage.removeItem(LEFT);
    return is_over;
  }

  /** Has the other pages of this browser show nobody's pages any more. */
  tellOthers(): void {
    localStorage.removeItem(KEPT);
  }

  /** Shows nobody's pages any more. */
  forget(): void {
    clearTimeout(this.#due);
    this.#due_at = Infinity;
    localStorage.removeItem(KEPT);
    localStorage.removeItem(REFRESHED);
    actAs(undefined);
    this.now = undefined;
    this.is_over = false;
  }

  /** Takes over what another page of this browser did. */
  #follow(): void {
    const kept = read();
    if (!kept) {
      this.forget();
      return;
    }
    this.#show(kept);
    this.is_known = true;
    cookiesChanged();
    this.#plan(kept.refresh_in_ms);
  }

  /** Shows this member's pages. Those of another one that are open are closed, with their database. */
  #show(session: Session): void {
    actAs(session);
    this.now = session;
    this.is_over = false;
  }

  may(permission: string): boolean {
    return this.now?.permissions.includes(permission) ?? false;
  }

  /** A request was told to sign in first. */
  readonly tellOver = (): void => {
    if (this.now) this.is_over = true;
  };

  #begin(answer: { ok: true; data: Session } | { ok: false; why: Failure }): Failure | undefined {
    if (!answer.ok) return answer.why;
    this.is_reused = false;
    this.#take(answer.data);
    return undefined;
  }

  #take(session: Session): void {
    localStorage.removeItem(LEFT);
    localStorage.setItem(KEPT, JSON.stringify(session));
    cookiesChanged();
    this.#show(session);
    this.#plan(session.refresh_in_ms);
  }

  /** Refreshes before the access token ends, so that pictures and videos never meet its end. */
  #plan(in_ms: number): void {
    clearTimeout(this.#due);
    this.#due_at = Date.now() + in_ms;
    this.#due = setTimeout(() => this.#refreshInTime(), in_ms);
  }

  /** Nobody waits for it: what it cannot do now is planned again. */
  #refreshInTime(): void {
    void this.refresh().catch(() => this.#plan(AGAIN_MS));
  }
}

function read(): Session | undefined {
  try {
    const kept = localStorage.getItem(KEPT);
    return kept === null ? undefined : (JSON.parse(kept) as Session);
  } catch {
    return undefined;
  }
}

export const session = new SessionState();

import { api, ask, type Failure, type Schemas } from "../../api/request";

type Session = Schemas["Session"];

/** Who is signed in, kept for opening offline; what it may do is decided by the server. */
const KEPT = "apis-session";

/** The session of this browser. */
class SessionState {
  /** `undefined` when nobody is signed in on this device. */
  now = $state<Session | undefined>();
  /** Whether it is known who is signed in. */
  is_known = $state(false);
  /** The session is over, while its member's pages are open. */
  is_over = $state(false);

  /** Asks the server who is signed in; without a network whoever was last. */
  async load(): Promise<void> {
    const answer = await ask<Session>(api.GET("/api/v1/session"));
    if (answer.ok) this.#take(answer.data);
    else if (answer.why.kind === "sign_in_needed") this.#ended();
    else if (!this.now) this.now = read();
    this.is_known = true;
  }

  /** Signs in; gives why not. */
  async signIn(email: string, password: string, tenant_id?: string): Promise<Failure | undefined> {
    const body = tenant_id === undefined ? { email, password } : { email, password, tenant_id };
    const answer = await ask<Session>(api.POST("/api/v1/session", { body }));
    if (!answer.ok) return answer.why;
    this.#take(answer.data);
    return undefined;
  }

  /** Ends the session at the server; gives why not. */
  async end(): Promise<Failure | undefined> {
    const answer = await ask(api.DELETE("/api/v1/session"));
    return answer.ok || answer.why.kind === "sign_in_needed" ? undefined : answer.why;
  }

  /** Shows nobody's pages any more. */
  forget(): void {
    localStorage.removeItem(KEPT);
    this.now = undefined;
    this.is_over = false;
  }

  may(permission: string): boolean {
    return this.now?.permissions.includes(permission) ?? false;
  }

  /** A request was told to sign in first. */
  readonly tellOver = (): void => {
    if (this.now) this.is_over = true;
  };

  #take(session: Session): void {
    localStorage.setItem(KEPT, JSON.stringify(session));
    this.now = session;
    this.is_over = false;
  }

  /** The server knows no session: pages that are open stay, and ask to sign in again. */
  #ended(): void {
    this.now ??= read();
    this.is_over = this.now !== undefined;
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

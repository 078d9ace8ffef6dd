import { ageOf, ServerClock, type Age, type UnitClock } from "./clock";
import { readFrame, readTracks, type Frame, type Seen } from "./frame";

/** What the guard does, as the unit says. */
export interface GuardState {
  is_armed: boolean;
  reason: string;
  is_line_on: boolean;
  refusal?: string;
}

/** How the stream stands. */
export type Standing =
  /** No connection yet, or again. */
  | "connecting"
  /** Connected; the unit was asked and sends nothing yet. */
  | "waiting"
  /** Pictures come. */
  | "live"
  /** Connected, the unit sends, and no picture came for a while. */
  | "stalled"
  /** Not looked at: the page is hidden, or the reader paused it. */
  | "paused";

/** A picture that did not come for so long has stalled: twenty intervals. */
const STALLED_MS = 2_000;

/** The server says every 5 s how the stream stands, and a picture over a slow line takes eight: a connection
 * that is silent for so long is over, whatever this device believes. */
const SILENT_MS = 15_000;

/** Waits before connecting again. */
const RETRY_MS = [300, 1_000, 2_000, 5_000];

/** How often what goes by the clock is looked at. */
const TICK_MS = 250;

/** Facts hold for a frame this near: they come at least twice a second, of ten frames. */
const FACTS_WITHIN = 7;

const now = (): number => performance.now();

/** One unit's live video: connects, draws, acknowledges, and connects again. */
export class LiveStream {
  standing = $state<Standing>("connecting");
  age = $state.raw<Age | undefined>();
  skipped = $state(0);
  per_second = $state(0);
  guard = $state<GuardState | undefined>();
  /** What was seen in the picture that is shown; `undefined` while that is not known. */
  seen = $state.raw<Seen[] | undefined>();
  /** For how long no picture came, in milliseconds. */
  quiet_ms = $state(0);
  clock_state = $state<string | undefined>();
  has_picture = $state(false);

  readonly #url: string;
  /** Shows a picture, which is its own from then on. */
  readonly #draw: (picture: ImageBitmap) => void;
  /** Called when the connection fails: the session may be over. */
  readonly #failed: () => void;
  #socket: WebSocket | undefined;
  #server = new ServerClock();
  #unit: UnitClock | undefined;
  #is_sending = false;
  #shown: { frame: Frame; at: number } | undefined;
  #facts: { sequence: number; seen: Seen[] } | undefined;
  #drawn_at: number[] = [];
  #tries = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #ticks: ReturnType<typeof setInterval>;
  #is_paused = false;
  #is_closed = false;
  #heard_at = 0;
  readonly #wake = (): void => this.#look();
  /** Another network: what was open by the one before is over. */
  readonly #online = (): void => {
    if (this.#socket) this.#connect();
    else this.#look();
  };

  constructor(unit: string, draw: (picture: ImageBitmap) => void, failed: () => void) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.#url = `${scheme}//${location.host}/api/v1/units/${unit}/live`;
    this.#draw = draw;
    this.#failed = failed;
    this.#ticks = setInterval(() => this.#tick(), TICK_MS);
    document.addEventListener("visibilitychange", this.#wake);
    addEventListener("online", this.#online);
    this.#look();
  }

  /** Stops looking, or looks again. */
  pause(is_paused: boolean): void {
    this.#is_paused = is_paused;
    this.#look();
  }

  /** Ends it for good. */
  close(): void {
    this.#is_closed = true;
    clearInterval(this.#ticks);
    document.removeEventListener("visibilitychange", this.#wake);
    removeEventListener("online", this.#online);
    this.#disconnect();
  }

  /** Connects if somebody looks, and leaves if nobody does. */
  #look(): void {
    const is_wanted = !this.#is_closed && !this.#is_paused && document.visibilityState === "visible";
    if (is_wanted && !this.#socket) {
      this.#tries = 0;
      this.#connect();
    } else if (!is_wanted) {
      this.#disconnect();
      this.standing = "paused";
    }
  }

  #connect(): void {
    this.#disconnect();
    this.#heard_at = now();
    this.standing = "connecting";
    this.#is_sending = false;
    this.#server = new ServerClock();
    this.#unit = undefined;
    this.#facts = undefined;
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    let is_open = false;
    socket.addEventListener("open", () => {
      is_open = true;
      this.#tries = 0;
    });
    socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (socket !== this.#socket) return;
      this.#heard_at = now();
      if (typeof data === "string") this.#hear(data);
      else void this.#show(socket, data);
    });
    socket.addEventListener("close", () => {
      if (socket !== this.#socket) return;
      this.#socket = undefined;
      this.standing = "connecting";
      const wait = RETRY_MS[Math.min(this.#tries, RETRY_MS.length - 1)] ?? 5_000;
      this.#tries += 1;
      this.#retry = setTimeout(() => this.#connect(), wait);
      if (!is_open) this.#failed();
    });
  }

  #disconnect(): void {
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  async #show(socket: WebSocket, message: ArrayBuffer): Promise<void> {
    const frame = readFrame(message);
    if (!frame) return;
    try {
      const picture = await createImageBitmap(frame.jpeg);
      if (socket !== this.#socket) {
        picture.close();
        return;
      }
      this.#draw(picture);
      this.has_picture = true;
      this.#shown = { frame, at: now() };
      this.#drawn_at.push(now());
      this.#overlay();
      // What goes by the clock is looked at by itself; a picture after none is told at once.
      if (this.standing !== "live") this.#tick();
    } catch {
      // A picture that is broken on the way is skipped; the next one comes.
    }
    if (socket.readyState === WebSocket.OPEN) {
      const sent_us = Math.round(now() * 1_000);
      socket.send(JSON.stringify({ acknowledgement: { sequence: frame.sequence, sent_us } }));
    }
  }

  #hear(text: string): void {
    const back = now();
    const said = JSON.parse(text) as {
      stream?: { is_sending: boolean };
      skipped?: { count: number };
      server_clock?: { sent_us: number; received_us: number; answered_us: number };
      clock?: UnitClock;
      frame_facts?: { sequence: number; tracks: unknown };
      guard_state?: GuardState;
    };
    if (said.stream) {
      this.#is_sending = said.stream.is_sending;
      this.#tick();
    }
    if (said.skipped) this.skipped = said.skipped.count;
    if (said.server_clock) {
      const { sent_us, received_us, answered_us } = said.server_clock;
      this.#server.add({ sent: sent_us / 1_000, received: received_us / 1_000, answered: answered_us / 1_000, back });
    }
    if (said.clock) {
      this.#unit = said.clock;
      this.clock_state = said.clock.state;
    }
    if (said.frame_facts) {
      this.#facts = { sequence: said.frame_facts.sequence, seen: readTracks(said.frame_facts.tracks) };
      this.#overlay();
    }
    if (said.guard_state) this.guard = said.guard_state;
  }

  /** Draws what was seen over the picture that shows it, and over no other. */
  #overlay(): void {
    const shown = this.#shown?.frame.sequence;
    const is_near = this.#facts && shown !== undefined && Math.abs(this.#facts.sequence - shown) <= FACTS_WITHIN;
    this.seen = this.#facts && is_near ? this.#facts.seen : undefined;
  }

  #tick(): void {
    const at = now();
    this.#drawn_at = this.#drawn_at.filter((one) => at - one < 1_000);
    this.per_second = this.#drawn_at.length;
    const shown = this.#shown;
    this.age = shown ? ageOf(shown.frame.captured_us, at, this.#unit, this.#server.best) : undefined;
    if (!this.#socket) return;
    if (at - this.#heard_at > SILENT_MS) {
      this.#connect();
      return;
    }
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (!this.#is_sending) this.standing = "waiting";
    else this.standing = shown && at - shown.at < STALLED_MS ? "live" : "stalled";
    if (this.standing !== "live") this.seen = undefined;
    this.quiet_ms = shown ? at - shown.at : 0;
  }
}

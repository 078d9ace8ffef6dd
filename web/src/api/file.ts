import type { Failure } from "./request";
import { sent } from "./send";

/** Longest wait for a file: an export of a season over a slow line. */
const FILE_MS_MAX = 600_000;

/** Fetches a file and has the browser keep it by this name; gives why not. A plain link would keep the error as the
 * file, or say nothing. */
export async function download(path: string, name: string): Promise<Failure | undefined> {
  try {
    const answer = await sent(new Request(path), FILE_MS_MAX);
    if (!answer.ok) return await refused(answer);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = name;
    link.click();
    // The browser has taken it once the click is over; some read it a moment later.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    return undefined;
  } catch {
    return { kind: "unreachable" };
  }
}

async function refused(answer: Response): Promise<Failure> {
  const problem = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string };
  if (problem.code === "sign_in_needed") return { kind: "sign_in_needed" };
  return { kind: "refused", code: problem.code ?? `http_${answer.status}`, detail: problem.detail };
}

// Chromium as a reader uses it, and what no page may do: break its own policy, fail in silence.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

/** Where Chromium is: of the names that systems give it, the first in the search path. */
function chromiumPath() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = ["chromium", "chromium-browser", "google-chrome"].flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = paths.find((path) => existsSync(path));
  if (!found) throw new Error("no Chromium in the search path: apt-get install chromium");
  return found;
}

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1440, height: 900 };

/**
 * Starts a browser with an empty profile, runs `work` with its only page, its context and its profile, and ends it.
 * `trustedKey` is a public key's SHA-256, in base64, whose certificates the browser trusts whoever signed them.
 */
export async function withPage({ trustedKey, ...options }, work) {
  const profile = mkdtempSync(join(tmpdir(), "apis-browser-"));
  const is_root = process.getuid?.() === 0;
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    args: [
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...(is_root ? ["--no-sandbox"] : []),
      ...(trustedKey ? [`--ignore-certificate-errors-spki-list=${trustedKey}`] : []),
    ],
    viewport: DESKTOP,
    locale: "en-GB",
    // Colours on their way from one theme to the other have no contrast to speak of.
    reducedMotion: "reduce",
    ...options,
  });
  const wrong = [];
  try {
    await context.exposeFunction("apisViolation", (what) => wrong.push(`content security policy: ${what}`));
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) =>
        globalThis.apisViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
      );
    });
    const page = context.pages()[0] ?? (await context.newPage());
    page.setDefaultTimeout(20_000);
    context.on("weberror", (error) => wrong.push(`a script failed: ${error.error().message}`));
    page.on("crash", () => wrong.push("the page crashed"));
    await work(page, context, profile);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
}

/** Fails unless `is_true`. */
export function check(is_true, what) {
  if (!is_true) throw new Error(what);
}

/** Signs in on the page that asks for it. */
export async function signIn(page, email, word) {
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(word);
  const enter = page.getByRole("button", { name: "Sign in", exact: true });
  await enter.click();
  await page.waitForTimeout(100);
  await page.getByRole("button", { name: "Signing in …" }).waitFor({ state: "detached" });
  // One account is tried ten times at once and then once a minute: two runs on the same data are as many.
  if (!(await page.getByRole("alert").getByText("Too many attempts.").isVisible())) return;
  await page.waitForTimeout(61_000);
  await enter.click();
}

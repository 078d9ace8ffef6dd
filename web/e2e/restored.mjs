// Looks at the hives while the server's database is put back from a backup: says "begun" when there is
// something to back up, "newer" when there is more, and goes on each time at a line of its input. What the
// backup does not hold is shown no more, with a network or without; what was typed meanwhile is kept.
//
//   APIS_PASSWORD=… node e2e/restored.mjs ORIGIN EMAIL
import { createInterface } from "node:readline";
import { check, signIn, withPage } from "./browser.mjs";

const [origin, email] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Says where it is, and waits until that was dealt with. */
async function say(what) {
  console.log(what);
  await lines.next();
}

await withPage({}, async (page, context) => {
  const site = (name) => page.getByRole("heading", { level: 2, name, exact: true });
  const type = async (name) => {
    await page.getByRole("button", { name: "Add a site" }).click();
    await page.getByLabel("Name of the site").fill(name);
  };
  const save = () => page.getByRole("button", { name: "Save" }).click();
  await page.goto(`${origin}/hives`);
  await signIn(page, email, process.env.APIS_PASSWORD ?? "");
  await page.evaluate(() => navigator.serviceWorker.ready);
  await type("Orchard");
  await save();
  await site("Orchard").waitFor();
  await say("begun");
  await type("Meadow");
  await save();
  await site("Meadow").waitFor();
  await type("Heath");
  await say("newer");
  await save();
  const again = page.getByRole("heading", { name: "Sign in to continue" });
  await again.waitFor();
  await signIn(page, email, process.env.APIS_PASSWORD ?? "");
  await again.waitFor({ state: "detached" });
  check((await page.getByLabel("Name of the site").inputValue()) === "Heath", "what was typed is gone");
  await save();
  await site("Heath").waitFor();
  await site("Meadow").waitFor({ state: "detached" });
  await site("Orchard").waitFor();
  await context.setOffline(true);
  await page.reload();
  await site("Heath").waitFor();
  check((await site("Orchard").isVisible()) && !(await site("Meadow").isVisible()), "the device keeps what the server has not");
});
// Its input would keep it waiting.
process.stdin.destroy();

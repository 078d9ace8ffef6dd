// Measures the pages of a running server, whose unit watches a scene; prints one line of JSON.
//
//   APIS_PASSWORD=… node e2e/bench.mjs ORIGIN EMAIL
import { readdirSync, readFileSync } from "node:fs";
import { signIn, withPage } from "./browser.mjs";

const [origin, email] = process.argv.slice(2);

/** The processor of a middling phone is so many times slower than this machine's. */
const SLOWDOWN = 4;
/** Times that each page is opened: the median counts. */
const TIMES = 7;
const VISITS = 5_000;
const LIVE_S = 10;

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const round = (value) => Math.round(value * 10) / 10;

/** Seconds of processor that the pages of this browser have used. */
function pagesProcessor(profile) {
  let ticks = 0;
  for (const id of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${id}/cmdline`, "utf8");
      if (!words.includes("--type=renderer") || !words.includes(profile)) continue;
      const stat = readFileSync(`/proc/${id}/stat`, "utf8").split(")").pop().trim().split(" ");
      ticks += Number(stat[11]) + Number(stat[12]);
    } catch {
      // It ended meanwhile.
    }
  }
  return ticks / 100;
}

const found = {};
await withPage({}, async (page, context, profile) => {
  await page.goto(origin);
  await signIn(page, email, process.env.APIS_PASSWORD ?? "");
  const today = page.getByLabel("Visits today").getByText(/^\d+ visits?$/);
  await today.waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready);

  const devtools = await context.newCDPSession(page);
  const slow = (rate) => devtools.send("Emulation.setCPUThrottlingRate", { rate });
  const open = async (path, isThere) => {
    const begun = performance.now();
    await page.goto(`${origin}${path}`);
    await isThere();
    return performance.now() - begun;
  };
  const times = async (work) => {
    const each = [];
    for (let time = 0; time < TIMES; time += 1) each.push(await work());
    return median(each);
  };

  // What is fetched before Today shows data, when the browser has nothing yet.
  await devtools.send("Network.setBypassServiceWorker", { bypass: true });
  await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
  await open("/", () => today.waitFor());
  const names = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  const scripts = names.filter((name) => name.endsWith(".js") && !name.endsWith("service-worker.js"));
  const bytes = async (name) => {
    const answer = await fetch(name, { headers: { "accept-encoding": "br" } });
    return Number(answer.headers.get("content-length"));
  };
  const sizes = await Promise.all(scripts.map(bytes));
  found.scripts_kib = round(sizes.reduce((sum, one) => sum + one, 0) / 1_024);
  await slow(SLOWDOWN);
  const blank = await times(() => open("/livez", () => page.waitForLoadState("load")));
  found.today_first_ms = Math.round((await times(() => open("/", () => today.waitFor()))) - blank);
  await devtools.send("Network.setBypassServiceWorker", { bypass: false });
  await devtools.send("Network.setCacheDisabled", { cacheDisabled: false });
  found.today_again_ms = Math.round((await times(() => open("/", () => today.waitFor()))) - blank);
  await slow(1);

  // The live view, by the processor time of the browser's pages.
  await page.getByRole("navigation").getByRole("link", { name: "Live" }).click();
  await page.getByText(/±.*behind/).waitFor();
  await page.waitForTimeout(2_000);
  const before = pagesProcessor(profile);
  await page.waitForTimeout(LIVE_S * 1_000);
  const used = pagesProcessor(profile) - before;
  const rate = Number((await page.getByText(/pictures a second/).innerText()).match(/[\d.]+/)[0]);
  found.live_pictures_a_second = rate;
  found.live_core_percent = round((100 * used) / LIVE_S);

  // Many visits in the local database, put there as the engine would.
  await page.getByRole("navigation").getByRole("link", { name: "Today" }).click();
  await today.waitFor();
  await page.evaluate(async (count) => {
    const [{ name }] = await indexedDB.databases();
    const opened = indexedDB.open(name);
    const database = await new Promise((done) => (opened.onsuccess = () => done(opened.result)));
    const all = database.transaction("visits").objectStore("visits").getAll();
    const [one] = await new Promise((done) => (all.onsuccess = () => done(all.result)));
    const writing = database.transaction("visits", "readwrite");
    const store = writing.objectStore("visits");
    const at_ms = Date.parse(one.opened_at);
    for (let at = 1; at < count; at += 1)
      store.put({ ...one, id: `bench-${at}`, opened_at: new Date(at_ms - at * 600_000).toISOString() });
    await new Promise((done) => (writing.oncomplete = done));
    database.close();
  }, VISITS);
  await page.reload();
  await today.waitFor();
  await page.waitForTimeout(1_000);
  const opening = (range) =>
    page.evaluate(async (chosen) => {
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      const begun = performance.now();
      document.querySelector("nav a[href='/visits']").click();
      while (!document.querySelector("#found")) await frame();
      const listed = performance.now() - begun;
      const select = document.querySelector("#range");
      select.value = chosen;
      const again = performance.now();
      select.dispatchEvent(new Event("change", { bubbles: true }));
      await frame();
      await frame();
      return [listed, performance.now() - again];
    }, range);
  const [listed, chosen] = await opening("all");
  await page.getByRole("heading", { name: new RegExp(`^Visits: ${VISITS}$`) }).waitFor();
  found.visits = VISITS;
  found.visits_open_ms = Math.round(listed);
  found.visits_all_ms = Math.round(chosen);
});
console.log(JSON.stringify(found));

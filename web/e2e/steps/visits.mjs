// Visits: seen, played, filtered, taken along, deleted.
import { readFileSync } from "node:fs";
import { check } from "../browser.mjs";
import { inDatabase, look, lookInEach, seePicture, whichPage } from "../see.mjs";

/** Plays the clip, steps through it, and sees the hornet's track over it. */
async function seePlayed(page) {
  const video = page.locator("video");
  // It is made ready within moments of its sidecar's coming; the page asks each half minute.
  await video.waitFor({ timeout: 60_000 });
  await page.getByRole("button", { name: "Play" }).click();
  await page.waitForFunction(() => document.querySelector("video").currentTime > 0.5);
  await seePicture(video);
  await page.getByRole("button", { name: "Pause" }).click();
  const place = page.getByText(/picture \d+ of \d+/);
  const frame = async () => Number((await place.innerText()).match(/picture (\d+)/)[1]);
  await page.waitForTimeout(200);
  const before = await frame();
  await page.getByRole("button", { name: "One picture on" }).click();
  await page.waitForFunction((from) => document.body.innerText.includes(`picture ${from + 1} of`), before);
  await page.keyboard.press(",");
  await page.waitForFunction((from) => document.body.innerText.includes(`picture ${from} of`), before);
  await video.focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((from) => document.body.innerText.includes(`picture ${from + 1} of`), before);
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction((from) => document.body.innerText.includes(`picture ${from} of`), before);
  const lanes = page.getByLabel("What happened when in this clip");
  for (const lane of ["Seen", "Hovering", "Line on", "Refused"]) await lanes.getByText(lane, { exact: true }).waitFor();
  const told = await lanes.locator("dd.told").allInnerTexts();
  check(told.slice(0, 3).every((one) => Number.parseFloat(one) > 0), `the lanes say ${told}`);
  await page.getByLabel("Time in the clip").evaluate((slider) => {
    slider.value = String(slider.max / 2);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await page.waitForFunction(() => {
    const video = document.querySelector("video");
    return Math.abs(video.currentTime - video.duration / 2) < 0.1 && !document.querySelector(".stage .tile");
  });
  const points = await page.locator(".stage polyline").getAttribute("points");
  check(points.split(" ").length > 10, "the hornet's track is drawn over the clip");
  check((await video.evaluate((one) => one.videoWidth)) === 640, "the video has the clip's size");
  await look(page, "visit-played");
}

/** Has the local database hold a visit with its clip as the server had it before it could be played; gives what it
 * was, which the same puts back. */
const replaceVisit = (page, id, visit) =>
  inDatabase(
    page,
    async (database, done, [wanted, put]) => {
      const store = database.transaction("visits", "readwrite").objectStore("visits");
      const before = await done(store.get(wanted));
      const clips = before.clips.map((one) => (one.kind === "clip" ? { ...one, play: { state: "waiting" } } : one));
      await done(store.put(put ?? { ...before, clips }));
      return before;
    },
    [id, visit],
  );

/** How far a clip is that is being made ready. */
async function seeProgress(page) {
  const id = new URL(page.url()).pathname.split("/").pop();
  const far = { is_under_way: true, done_count: 30, frame_count: 120 };
  await page.route(/\/progress$/, (route) => route.fulfill({ json: far }));
  const before = await replaceVisit(page, id);
  await page.reload();
  await page.getByRole("status").getByText("25 % is done.").waitFor();
  await look(page, "visit-being-made");
  await replaceVisit(page, id, before);
  await page.unroute(/\/progress$/);
  await page.reload();
}

/** Has the local database hold a copy of a visit as another kind, or takes it out again. */
const keepCheck = (page, kind) =>
  inDatabase(
    page,
    async (database, done, [kind, id]) => {
      const store = database.transaction("visits", "readwrite").objectStore("visits");
      const [first] = await done(store.getAll());
      if (kind) await done(store.put({ ...first, id, kind, emissions: [], refusals: [], labels: [] }));
      else await done(store.delete(id));
    },
    [kind, CHECK],
  );
const CHECK = "0198a800-6f2e-7c01-a5b6-c7d8e9fa0b1c";

/** What is kept to know what the unit misses counts nowhere, and is found by who asks for it. */
async function seeChecks(page) {
  const rows = () => page.locator("main li a[href^='/visits/']");
  const before = await rows().count();
  await keepCheck(page, "near_miss");
  await page.reload();
  const kinds = page.getByLabel("What is listed");
  await page.getByLabel("When").selectOption({ label: "All that is kept here" });
  await page.getByRole("heading", { name: `Visits: ${before}`, exact: true }).waitFor();
  check((await rows().count()) === before, "what does not count is listed with what does");
  await kinds.selectOption({ label: "Nearly a hornet" });
  await page.getByRole("heading", { name: "Not counted: 1", exact: true }).waitFor();
  await page.locator("main li .chip", { hasText: "Nearly a hornet" }).waitFor();
  const sheet = await page.getByRole("link", { name: "Sheet (CSV)" }).getAttribute("href");
  check(sheet.includes("kind=near_miss"), `the export is of other kinds than the list: ${sheet}`);
  await lookInEach(page, "visits-nearly");
  await kinds.selectOption({ label: "Everything" });
  await page.getByRole("heading", { name: `Visits: ${before} · Not counted: 1`, exact: true }).waitFor();
  await kinds.selectOption({ label: "Nearly a hornet" });
  await rows().first().click();
  await page.getByText(/^To the unit this was nearly a hornet/).waitFor();
  await page.getByRole("heading", { name: "What the unit measured" }).waitFor();
  await page.getByText("Only watched, not counted").waitFor();
  await lookInEach(page, "visit-nearly");
  await keepCheck(page, undefined);
  await page.getByRole("link", { name: "All visits" }).click();
  await page.reload();
  await page.getByLabel("When").selectOption({ label: "All that is kept here" });
  await page.getByRole("heading", { name: `Visits: ${before}`, exact: true }).waitFor();
}

/** From Today to a visit, and what can be done with the list of them. */
export async function seeVisits({ page, step }) {
  await step("the visit of today, and what happened", async () => {
    const told = page.getByLabel("Visits today").getByText(/^\d+ visits?$/);
    await told.waitFor();
    const count = Number.parseInt(await told.innerText(), 10);
    check(count >= 1, "no visit is counted");
    await page.getByRole("region", { name: "Latest visits" }).getByRole("link").nth(1).click();
    await page.getByRole("heading", { name: "What happened" }).waitFor();
    for (const why of [/× as long as this hive’s bees/, /^Stayed within/, /^Drifted by/]) await page.getByText(why).waitFor();
    await seeProgress(page);
    await seePlayed(page);
    const clip = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download (AVI)" }).click();
    const avi = readFileSync(await (await clip).path());
    check(avi.toString("latin1", 0, 4) === "RIFF" && avi.toString("latin1", 8, 12) === "AVI ", "what is downloaded is no AVI");
    await page.getByRole("button", { name: "A hornet", exact: true }).click();
    const said = page.getByText(/^Demo beekeeper, |^Keeper, /);
    await said.waitFor();
    // The same again is no second word; what one said, one takes back.
    await page.getByRole("button", { name: "A hornet", exact: true }).click();
    await page.waitForTimeout(500);
    check((await said.count()) === 1, "the same word stands twice");
    await page.getByRole("button", { name: "Take back: A hornet" }).click();
    await page.getByText("Nobody has said anything").waitFor();
    await page.getByRole("button", { name: "A hornet", exact: true }).click();
    await said.waitFor();
    await page.getByRole("link", { name: "All visits" }).click();
    const listed = page.getByRole("heading", { name: /^Visits: \d+$/ });
    await listed.waitFor();
    await page.getByLabel("When").selectOption({ label: "Today" });
    await listed.waitFor();
    await page.waitForFunction((least) => Number(/^Visits: (\d+)$/.exec(document.querySelector("#found")?.textContent)?.[1]) >= least, count);
    await page.getByLabel("Unit", { exact: true }).selectOption({ index: 1 });
    await page.waitForFunction((least) => Number(/^Visits: (\d+)$/.exec(document.querySelector("#found")?.textContent)?.[1]) >= least, count);
    // Back from a visit the list is as it was left.
    await page.getByRole("region", { name: /^Visits:/ }).getByRole("link").first().click();
    await page.getByRole("link", { name: "All visits" }).click();
    check((await page.getByLabel("When").inputValue()) === "today", "the list forgot what was asked of it");
    await page.getByLabel("Unit", { exact: true }).selectOption({ index: 0 });
  });
  await step("visits of chosen days", async () => {
    const listed = (count) => page.waitForFunction((left) => document.querySelectorAll("main li a[href^='/visits/']").length === left, count);
    const rows = page.getByRole("region", { name: /^Visits:/ }).getByRole("listitem");
    const before = await rows.count();
    const day = await page.evaluate(() => new Date().toLocaleDateString("sv"));
    await page.getByLabel("When").selectOption({ label: "Days that I choose" });
    await page.getByLabel("First day").fill("2020-01-01");
    await page.getByLabel("Last day").fill("2020-12-31");
    await page.getByRole("heading", { name: "No visit" }).waitFor();
    // It is not claimed that there was none: older ones are on the server, and in the export.
    await page.getByText(/^This device keeps visits from/).waitFor();
    check(await page.getByRole("link", { name: "Sheet (CSV)" }).isVisible(), "days that are not kept here cannot be taken along");
    await page.getByLabel("Last day").fill("");
    await listed(before);
    await page.getByLabel("First day").fill(day);
    await look(page, "visits-chosen-days");
    await listed(before);
    await page.getByLabel("When").selectOption({ label: "Today" });
  });
  await step("visits are taken along as a sheet and as a document", async () => {
    const take = async (name) => {
      const begun = page.waitForEvent("download");
      await page.getByRole("link", { name }).click();
      return readFileSync(await (await begun).path(), "utf8");
    };
    const [head, ...rows] = (await take("Sheet (CSV)")).trim().split("\r\n");
    const counts = ["visit,", "watched,"].map((word) => rows.filter((row) => row.startsWith(word)).length);
    check(head.startsWith("row,id,unit,") && counts[0] >= 1, `the sheet has ${rows.length} rows`);
    const told = JSON.parse(await take("For programs (JSON)"));
    check(told.visits.length === counts[0] && told.watched.length === counts[1], "the document and the sheet differ");
  });
  await step("a visit is deleted and brought back", async () => {
    const listed = page.getByRole("heading", { name: /^Visits: \d+$/ });
    await page.getByLabel("When").selectOption({ label: "All that is kept here" });
    await listed.waitFor();
    // The oldest: new ones may come meanwhile.
    const rows = page.getByRole("region", { name: /^Visits:/ }).getByRole("listitem");
    const oldest = page.locator(`main li a[href="${await rows.last().getByRole("link").getAttribute("href")}"]`);
    await page.getByRole("button", { name: "Choose several" }).click();
    await page.getByRole("checkbox").last().check();
    await look(page, "visits-choosing");
    // Nobody answered: it is not said to be done.
    await page.route(/\/visits\/delete$/, (route) => route.abort());
    await page.getByRole("button", { name: "Delete 1" }).click();
    await page.getByRole("alert").getByText(/Whether it was done is not known/).waitFor();
    check((await page.getByText(/^Deleted: 1/).count()) === 0, "what failed is said to be done");
    await page.unroute(/\/visits\/delete$/);
    await page.getByRole("button", { name: "Delete 1" }).click();
    await page.getByRole("status").getByText(/^Deleted: 1/).waitFor();
    await oldest.waitFor({ state: "detached" });
    // Later too, after a reload, it is brought back.
    await page.reload();
    await page.getByRole("button", { name: "Show them" }).click();
    await look(page, "visits-deleted");
    await page.getByRole("button", { name: /^Bring back the visit of/ }).click();
    await page.getByText("Nothing was deleted in the last 30 days.").waitFor();
    await page.getByLabel("When").selectOption({ label: "All that is kept here" });
    await oldest.waitFor();
  });
  await step("what was nearly a hornet, and counts nowhere", () => seeChecks(page));
}

/** One vanishes under the reader's eyes. */
export async function loseVisit({ page, step }) {
  await step("a visit that somebody deletes while its clip plays", async () => {
    await whichPage(page, "Today");
    await page.getByRole("region", { name: "Latest visits" }).getByRole("link").nth(1).click();
    await page.locator("video").waitFor();
    await page.getByRole("button", { name: "Play" }).click();
    const ids = [new URL(page.url()).pathname.split("/").pop()];
    const elsewhere = (what) =>
      page.evaluate(
        async ([path, body]) => {
          await fetch(`/api/v1/visits/${path}`, { method: "POST", headers: { "X-Apis": "1", "Content-Type": "application/json" }, body });
          document.dispatchEvent(new Event("visibilitychange"));
        },
        [what, JSON.stringify({ ids })],
      );
    await elsewhere("delete");
    await page.getByText("This device does not know this visit.").waitFor();
    await elsewhere("restore");
    await page.locator("video").waitFor();
  });
}

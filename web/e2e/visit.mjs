// Opens the pages of a running server, whose unit watches a scene, as its owner would.
//
//   APIS_PASSWORD=… node e2e/visit.mjs ORIGIN EMAIL
//
// With APIS_SCREENSHOTS=FOLDER it leaves pictures of every page, as phone and desktop, in each theme.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { check, DESKTOP, PHONE, withPage } from "./browser.mjs";

const [origin, email] = process.argv.slice(2);
const password = process.env.APIS_PASSWORD ?? "";
const shots = process.env.APIS_SCREENSHOTS;
const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

const THEMES = { light: "Light", dark: "Dark", field: /^Field/ };

/** What a script of a page waits for has no limit of its own. */
const STEP_MS_MAX = 180_000;

const step = async (what, work) => {
  const begun = performance.now();
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`not done in ${STEP_MS_MAX / 1_000} s`)), STEP_MS_MAX);
  });
  try {
    await Promise.race([work(), late]);
  } catch (error) {
    throw new Error(`${what}: ${error.message}`, { cause: error });
  }
  clearTimeout(timer);
  console.error(`   ${what}: ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
};

async function signIn(page, word) {
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

/** No page may have a fault that axe finds, nor be wider than the screen. */
async function look(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 2).join(" ")}`);
  check(violations.length === 0, `${name} has faults: ${told.join("; ")}`);
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(beyond <= 0, `${name} is ${beyond} px wider than the screen`);
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
}

const whichPage = async (page, name) => {
  await page.getByRole("navigation").getByRole("link", { name }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
};

/** What a canvas or a video shows: how bright it is, how much its brightness varies, and a sum over all of it. */
const pictureOf = (locator) =>
  locator.evaluate((shown) => {
    const [width, height] = [shown.videoWidth ?? shown.width, shown.videoHeight ?? shown.height];
    const copy = new OffscreenCanvas(width, height).getContext("2d");
    copy.drawImage(shown, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    let [sum, squares, mark] = [0, 0, 0];
    for (let at = 0; at < data.length; at += 4) {
      sum += data[at];
      squares += data[at] ** 2;
      mark = (mark * 31 + data[at]) >>> 0;
    }
    const bright = (4 * sum) / data.length;
    return { bright, varies: Math.sqrt((4 * squares) / data.length - bright ** 2), mark };
  });

/** Has the local database hold so many more sites, hives, units and visits, as the engine would have put
 * them there; with none, takes them out again. */
const manyRows = (page, count) =>
  page.evaluate(async (rows) => {
    const done = (request) => new Promise((end) => (request.onsuccess = () => end(request.result)));
    const [{ name }] = await indexedDB.databases();
    const database = await done(indexedDB.open(name));
    for (const table of ["sites", "hives", "units", "visits"]) {
      const store = database.transaction(table, "readwrite").objectStore(table);
      for (const key of await done(store.getAllKeys())) if (key.startsWith("many-")) store.delete(key);
      const [one] = await done(store.getAll());
      for (let at = 0; at < rows; at += 1) {
        const more = { ...one, id: `many-${at}`, name: `${"Long ".repeat(14)}${at}` };
        if (table === "hives") more.site_id = `many-${at % 12}`;
        if (table === "visits") Object.assign(more, { unit_id: `many-${at}`, opened_at: new Date(Date.parse(one.opened_at) - at * 600_000).toISOString() });
        await done(store.put(more));
      }
    }
    database.close();
  }, count);

/** Neither black nor of one colour. */
async function seePicture(locator) {
  const { bright, varies, mark } = await pictureOf(locator);
  check(bright > 20 && varies > 5, `the picture has a brightness of ${bright} ± ${varies}`);
  return mark;
}

/** Waits until pictures come, one after the other, and their age is known and small. */
async function seeLive(page) {
  const plate = page.getByText(/±.*behind/);
  await plate.waitFor();
  const [age, error] = (await plate.innerText()).match(/[\d.]+/g).map(Number);
  check(age < 2 && error < 1, `the picture is ${age} s ± ${error} s old`);
  const canvas = page.locator("canvas");
  const before = await seePicture(canvas);
  for (let look = 0; (await seePicture(canvas)) === before; look += 1) {
    check(look < 20, "the picture stands still");
    await page.waitForTimeout(100);
  }
  return { age, error };
}

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

await withPage({}, async (page, context) => {
  await step("the sign-in", async () => {
    await page.goto(origin);
    check(await page.evaluate(() => isSecureContext), "the page is no secure context");
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await look(page, "sign-in-desktop");
    await signIn(page, "not the password");
    await page.getByRole("alert").getByText("The e-mail address or the password is wrong.").waitFor();
    await signIn(page, password);
    await page.getByRole("heading", { level: 1, name: "Today" }).waitFor();
    const cookies = await context.cookies();
    const isBound = ({ name, path }) => name.startsWith("__Host-apis-") || (name.startsWith("__Secure-apis-") && path === "/api/v1/session/refresh");
    check(cookies.length === 2 && cookies.every((one) => isBound(one) && one.httpOnly && one.secure), "a cookie is not bound to its host");
  });
  await step("the visit of today, and what happened", async () => {
    const told = page.getByLabel("Visits today").getByText(/^\d+ visits?$/);
    await told.waitFor();
    const count = Number.parseInt(await told.innerText(), 10);
    check(count >= 1, "no visit is counted");
    await page.getByRole("region", { name: "Latest visits" }).getByRole("link").nth(1).click();
    await page.getByRole("heading", { name: "What happened" }).waitFor();
    await page.getByText(/× as long as this hive’s bees/).waitFor();
    await seePlayed(page);
    const clip = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download (AVI)" }).click();
    check((await (await clip).createReadStream()) !== null, "the clip cannot be downloaded");
    await page.getByRole("button", { name: "A hornet", exact: true }).click();
    await page.getByText(/^Demo beekeeper, |^Keeper, /).waitFor();
    await page.getByRole("link", { name: "All visits" }).click();
    const listed = page.getByRole("heading", { name: /^Visits: \d+$/ });
    await listed.waitFor();
    await page.getByLabel("When").selectOption({ label: "Today" });
    await listed.waitFor();
    const found = Number((await listed.innerText()).match(/\d+/)[0]);
    check(found >= count, `${found} visits are listed of ${count}`);
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
    const rows = page.getByRole("region", { name: /^Visits:/ }).getByRole("listitem");
    const before = await rows.count();
    await page.getByRole("button", { name: "Choose several" }).click();
    await page.getByRole("checkbox").first().check();
    await look(page, "visits-choosing");
    await page.getByRole("button", { name: "Delete 1" }).click();
    await page.getByRole("status").getByText(/^Deleted: 1/).waitFor();
    await page.waitForFunction((left) => document.querySelectorAll("main li a[href^='/visits/']").length === left, before - 1);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.waitForFunction((left) => document.querySelectorAll("main li a[href^='/visits/']").length === left, before);
  });
  await step("live video", async () => {
    await whichPage(page, "Live");
    const { age, error } = await seeLive(page);
    console.error(`   a picture was ${age} s ± ${error} s behind`);
  });
  await step("a command and its result", async () => {
    await page.getByRole("button", { name: "Make it blink" }).click();
    await page.getByRole("status").getByText("The unit blinks.").waitFor();
  });
  await step("disarming, and arming again", async () => {
    await page.getByRole("button", { name: "Disarm" }).click();
    await page.getByRole("status").getByText("The unit is disarmed.").waitFor();
    await page.getByRole("button", { name: "Arm", exact: true }).click();
    const sheet = page.getByRole("dialog");
    check(await sheet.getByRole("button", { name: "Arm", exact: true }).isDisabled(), "armed without a word that nobody is near");
    await sheet.getByRole("checkbox").check();
    await look(page, "arm");
    await sheet.getByRole("button", { name: "Arm", exact: true }).click();
    await page.getByRole("status").getByText("The unit is armed.").waitFor();
  });
  await step("pausing, and going on", async () => {
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("status").getByText("Paused").waitFor();
    await page.getByRole("button", { name: "Go on" }).click();
    await seeLive(page);
  });
  await step("a device that slept sees again by itself", async () => {
    const sleeps = (hidden) =>
      page.evaluate((is_hidden) => {
        if (is_hidden) Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
        else delete document.visibilityState;
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await sleeps(true);
    await page.getByRole("status").getByText("Paused").waitFor();
    await sleeps(false);
    await seeLive(page);
  });
  await step("a unit that does not know the time has no known latency", async () => {
    const doubting = await context.newPage();
    await doubting.routeWebSocket(/\/live$/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        const said = typeof message === "string" ? JSON.parse(message) : undefined;
        if (!said?.clock) return socket.send(message);
        delete said.clock.wall;
        said.clock.state = "unsynchronised";
        socket.send(JSON.stringify(said));
      });
    });
    await doubting.goto(`${origin}/live`);
    await doubting.getByText("latency unknown").waitFor();
    await seePicture(doubting.locator("canvas"));
    await doubting.close();
  });
  await step("an address for another program, and taken back", async () => {
    await page.getByLabel("What is it for?").fill("Wall display");
    await page.getByRole("button", { name: "Make an address" }).click();
    const address = await page.locator("code").innerText();
    const shown = await fetch(address.replace("live.mjpeg", "live.jpg"));
    check(shown.ok && shown.headers.get("content-type") === "image/jpeg", `the address shows ${shown.status}`);
    await page.getByRole("button", { name: "Take back Wall display" }).click();
    await page.getByText("Wall display").waitFor({ state: "detached" });
    check((await fetch(address.replace("live.mjpeg", "live.jpg"))).status === 401, "an address that was taken back shows nothing");
  });
  await step("a unit gets a name", async () => {
    await whichPage(page, "Units");
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByLabel("New name").fill("Lime tree");
    await page.waitForTimeout(200);
    await page.reload();
    await page.getByRole("button", { name: "Rename" }).click();
    check((await page.getByLabel("New name").inputValue()) === "Lime tree", "a name that was typed is gone");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 2, name: "Lime tree", exact: true }).waitFor();
    await page.getByText("Armed · by a member from afar").waitFor();
  });
  await step("a site and its hive, and what is typed is kept", async () => {
    await whichPage(page, "Hives");
    const name = `Orchard ${Date.now()}`;
    await page.getByRole("button", { name: "Add a site" }).click();
    await page.getByLabel("Name of the site").fill(name);
    await page.getByLabel("Time zone").selectOption("Europe/Brussels");
    await page.getByLabel("North").fill("50,85");
    await page.getByLabel("East").fill("4.35");
    await page.waitForTimeout(200);
    await page.reload();
    await page.getByRole("button", { name: "Add a site" }).click();
    await page.waitForFunction((typed) => document.querySelector("#site-name")?.value === typed, name);
    await look(page, "site-form");
    await page.getByRole("button", { name: "Save" }).click();
    const site = page.getByRole("region", { name });
    await site.getByText("50.85° N, 4.35° E").waitFor();
    await site.getByRole("button", { name: "Add a hive" }).click();
    await page.getByLabel("Name of the hive").fill("Lime");
    await page.getByRole("button", { name: "Save" }).click();
    await site.getByRole("button", { name: "Rename Lime" }).click();
    await page.getByLabel("New name").fill("Hazel");
    await page.getByRole("button", { name: "Save" }).click();
    await site.getByText("Hazel").waitFor();
  });
  await step("every page in every theme, on phone and desktop", async () => {
    for (const [theme, word] of Object.entries(THEMES)) {
      await whichPage(page, "Settings");
      await page.getByRole("button", { name: word }).click();
      for (const [device, size] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
        await page.setViewportSize(size);
        await look(page, `settings-${device}-${theme}`);
        await whichPage(page, "Today");
        await page.getByRole("region", { name: "Latest visits" }).waitFor();
        await look(page, `today-${device}-${theme}`);
        await whichPage(page, "Hives");
        await page.getByText("Hazel").first().waitFor();
        await look(page, `hives-${device}-${theme}`);
        await whichPage(page, "Visits");
        await look(page, `visits-${device}-${theme}`);
        await page.getByRole("region", { name: /^Visits:/ }).getByRole("link").first().click();
        await page.getByRole("heading", { name: "What happened" }).waitFor();
        await look(page, `visit-${device}-${theme}`);
        await whichPage(page, "Units");
        await page.getByText("Online", { exact: true }).first().waitFor();
        await look(page, `units-${device}-${theme}`);
        await page.getByRole("button", { name: "Add a unit" }).click();
        await page.getByRole("img", { name: "The claim as a QR code" }).waitFor();
        await look(page, `claim-${device}-${theme}`);
        await page.getByRole("button", { name: "Cancel" }).click();
        await whichPage(page, "Live");
        await seeLive(page);
        await look(page, `live-${device}-${theme}`);
        await whichPage(page, "Settings");
      }
    }
    await page.getByRole("button", { name: "As the device" }).click();
  });
  await step("pages with sixty rows, and names as long as they may be", async () => {
    await manyRows(page, 60);
    await page.reload();
    for (const [device, size] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
      await page.setViewportSize(size);
      for (const name of ["Today", "Live", "Visits", "Hives", "Units"]) {
        await whichPage(page, name);
        await page.waitForTimeout(300);
        await look(page, `many-${name.toLowerCase()}-${device}`);
      }
      await page.getByLabel("Find a unit").fill("Lime");
      await page.getByText("1 of 61 units").waitFor();
      await page.getByLabel("Find a unit").fill("");
      await whichPage(page, "Visits");
      await page.getByRole("button", { name: /^Show more of/ }).click();
      await page.waitForFunction((count) => document.querySelectorAll("main li a[href^='/visits/']").length > count, 60);
    }
    await manyRows(page, 0);
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Visits" }).waitFor();
  });
  await step("two pages of one browser", async () => {
    const other = await context.newPage();
    await other.goto(`${origin}/units`);
    await other.getByRole("heading", { level: 2, name: "Lime tree", exact: true }).waitFor();
    await whichPage(page, "Units");
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByLabel("New name").fill("Old pear");
    await page.getByRole("button", { name: "Save" }).click();
    await other.getByRole("heading", { level: 2, name: "Old pear", exact: true }).waitFor();
    for (const one of [page, other]) await whichPage(one, "Live");
    for (const one of [page, other]) await seeLive(one);
    for (const one of [page, other]) await whichPage(one, "Units");
    // Both find their short token over at the same moment.
    const access = (await context.cookies()).find(({ name }) => name.startsWith("__Host-"));
    await context.clearCookies({ name: access.name });
    await Promise.all([page.reload(), other.reload()]);
    for (const one of [page, other]) {
      await one.getByText("Online", { exact: true }).first().waitFor();
      check((await one.getByRole("heading", { name: "Sign in to continue" }).count()) === 0, "a page of two must sign in again");
    }
    await other.close();
  });
  await step("a device whose clock is three hours ahead", async () => {
    const late = await context.newPage();
    await late.addInitScript(() => {
      const ahead_ms = 3 * 3_600_000;
      const { now } = Date;
      Date.now = () => now() + ahead_ms;
    });
    await late.goto(`${origin}/units`);
    await late.getByText("Online", { exact: true }).first().waitFor();
    await late.getByRole("button", { name: "Add a unit" }).click();
    await late.getByText(/It works once, for another 1[45]\smin/).waitFor();
    await late.getByRole("button", { name: "Cancel" }).click();
    await whichPage(late, "Live");
    await seeLive(late);
    await late.close();
  });
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
  await step("the other language", async () => {
    await whichPage(page, "Settings");
    await page.getByLabel("Language").selectOption("fr");
    await page.getByRole("heading", { level: 1, name: "Réglages" }).waitFor();
    check((await page.locator("html").getAttribute("lang")) === "fr", "the page does not say that it is French");
    await page.setViewportSize(PHONE);
    for (const name of ["Aujourd’hui", "Visites", "Ruches", "Unités", "Réglages"]) {
      await whichPage(page, name);
      await look(page, `${name}-fr`);
      const wide = await page.evaluate(() => [...document.querySelectorAll("nav a")].filter((one) => one.scrollWidth > one.clientWidth).length);
      check(wide === 0, `${wide} words of the bar do not fit`);
    }
    await page.setViewportSize(DESKTOP);
    await page.getByLabel("Langue").selectOption("en");
    await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  });
  await step("without a network what is known stays, with its age", async () => {
    await whichPage(page, "Units");
    await page.getByText("Online", { exact: true }).first().waitFor();
    await context.setOffline(true);
    await page.getByText(/The server does not answer.*What you see is from/).waitFor();
    await page.getByText("Online", { exact: true }).first().waitFor();
    await whichPage(page, "Visits");
    await page.getByRole("heading", { name: /^Visits: \d+$/ }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: /^Visits: \d+$/ }).waitFor();
    await whichPage(page, "Today");
    await page.getByRole("region", { name: "Latest visits" }).getByRole("link").nth(1).waitFor();
    await page.getByText(/The server does not answer.*What you see is from/).waitFor();
    await page.waitForFunction(() => [...document.querySelectorAll("main img")].some((one) => one.naturalWidth > 0));
    await context.setOffline(false);
    await page.getByText("The server does not answer").waitFor({ state: "detached" });
  });
  await step("a session goes on when its short token is over", async () => {
    await whichPage(page, "Settings");
    await page.getByText("this device", { exact: true }).waitFor();
    const access = (await context.cookies()).find(({ name }) => name.startsWith("__Host-"));
    await context.clearCookies({ name: access.name });
    await page.reload();
    await page.getByText("this device", { exact: true }).waitFor();
    const renewed = (await context.cookies()).find(({ name }) => name === access.name);
    check(renewed && renewed.value !== access.value, "the session was not refreshed");
    check((await page.getByRole("heading", { name: "Sign in to continue" }).count()) === 0, "a session that goes on asks to sign in");
  });
  await step("a session that ends while somebody types loses nothing", async () => {
    await whichPage(page, "Hives");
    await page.getByRole("button", { name: "Add a site" }).click();
    const name = `Typed before it ended, ${Date.now()}`;
    await page.getByLabel("Name of the site").fill(name);
    await context.clearCookies();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Sign in to continue" }).waitFor();
    await signIn(page, password);
    await page.getByRole("heading", { name: "Sign in to continue" }).waitFor({ state: "detached" });
    check((await page.getByLabel("Name of the site").inputValue()) === name, "what was typed is gone");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 2, name }).waitFor();
    await whichPage(page, "Live");
    await seeLive(page);
  });
  await step("a session elsewhere is seen and ended", async () => {
    await whichPage(page, "Settings");
    const sessions = page.getByRole("button", { name: /^End the session: Chrome on Linux/ });
    await sessions.first().waitFor();
    const before = await sessions.count();
    await sessions.first().click();
    await page.waitForFunction((left) => [...document.querySelectorAll("button")].filter((one) => one.ariaLabel?.startsWith("End the session: Chrome")).length === left, before - 1);
  });
  await step("signing out asks what becomes of unsent text", async () => {
    await whichPage(page, "Hives");
    await page.getByRole("button", { name: "Add a site" }).click();
    await page.getByLabel("Name of the site").fill("Not saved yet");
    await page.getByRole("button", { name: "Later: keep what I typed" }).click();
    await whichPage(page, "Settings");
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByText("Not saved yet").waitFor();
    await look(page, "unsent");
    const file = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save it as a file" }).click();
    check((await file).suggestedFilename().endsWith(".json"), "the text is saved as a file");
    await page.getByRole("button", { name: "Sign out, keep it here for me" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    const visits = await page.evaluate(async () => {
      const [{ name }] = await indexedDB.databases();
      const database = await new Promise((done) => (indexedDB.open(name).onsuccess = ({ target }) => done(target.result)));
      const count = database.transaction("visits").objectStore("visits").count();
      const found = await new Promise((done) => (count.onsuccess = () => done(count.result)));
      // One that is left open holds up its removal.
      database.close();
      return found;
    });
    check(visits === 0, "of the visits nothing is kept");
    await signIn(page, password);
    await whichPage(page, "Hives");
    await page.getByRole("button", { name: "Add a site" }).click();
    await page.waitForFunction(() => document.querySelector("#site-name")?.value === "Not saved yet");
    await page.getByRole("button", { name: "Later: keep what I typed" }).click();
  });
  await step("signing out sends unsent text", async () => {
    await whichPage(page, "Settings");
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByRole("button", { name: "Send it now and sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await signIn(page, password);
    await whichPage(page, "Hives");
    await page.getByRole("heading", { level: 2, name: "Not saved yet" }).first().waitFor();
    await page.getByRole("button", { name: "Add a site" }).click();
    await page.getByLabel("Name of the site").fill("Nobody wants this");
    await page.getByRole("button", { name: "Later: keep what I typed" }).click();
  });
  await step("signing out leaves nothing", async () => {
    await whichPage(page, "Settings");
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    const other = await context.newPage();
    await other.goto(`${origin}/units`);
    await other.getByRole("heading", { level: 2, name: "Old pear", exact: true }).waitFor();
    await page.getByRole("button", { name: "Throw it away and sign out" }).click();
    for (const one of [page, other]) await one.getByRole("heading", { name: "Sign in" }).waitFor();
    await other.close();
    const left = await page.evaluate(async () => (await indexedDB.databases()).map((one) => one.name));
    check(left.length === 0, `the device still keeps ${left}`);
    const pictures = await page.evaluate(() => caches.has("apis-thumbnails"));
    check(!pictures, "the device still keeps pictures");
    check((await page.evaluate(() => localStorage.getItem("apis-session"))) === null, "the device still knows the member");
  });
});
console.error("   the pages work");

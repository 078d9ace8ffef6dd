// What a step looks at: a page as a whole, a picture, live video.
//
// With APIS_SCREENSHOTS=FOLDER every page that is looked at is left there as a picture.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { check, DESKTOP, PHONE } from "./browser.mjs";

const shots = process.env.APIS_SCREENSHOTS;
const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** No page may have a fault that axe finds, nor be wider than the screen. */
export async function look(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 2).join(" ")}`);
  check(violations.length === 0, `${name} has faults: ${told.join("; ")}`);
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(beyond <= 0, `${name} is ${beyond} px wider than the screen`);
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
}

/** The same in every theme, on phone and desktop; what was chosen before holds again. */
export async function lookInEach(page, name) {
  const before = page.viewportSize();
  for (const theme of ["light", "dark", "field"]) {
    await page.evaluate((one) => (document.documentElement.dataset.theme = one), theme);
    for (const [device, size] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
      await page.setViewportSize(size);
      await look(page, `${name}-${device}-${theme}`);
    }
  }
  await page.evaluate(() => {
    const kept = localStorage.getItem("apis-theme") ?? "auto";
    if (kept === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = kept;
  });
  await page.setViewportSize(before);
}

/** Goes to a page by the navigation, where it may have a shorter word. */
export async function whichPage(page, name, word = name) {
  await page.getByRole("navigation").getByRole("link", { name: word }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

/** Does `work` in the page, with the local database open and a way to wait for its requests. */
export const inDatabase = (page, work, argument) =>
  page.evaluate(`(async () => {
    const done = (request) => new Promise((end) => (request.onsuccess = () => end(request.result)));
    const [{ name }] = await indexedDB.databases();
    const database = await done(indexedDB.open(name));
    try {
      return await (${work})(database, done, ${JSON.stringify(argument)});
    } finally {
      // One that is left open holds up its removal.
      database.close();
    }
  })()`);

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

/** Neither black nor of one colour. */
export async function seePicture(locator) {
  const { bright, varies, mark } = await pictureOf(locator);
  check(bright > 20 && varies > 5, `the picture has a brightness of ${bright} ± ${varies}`);
  return mark;
}

/** Waits until pictures come, one after the other, and their age is known and small. */
export async function seeLive(page) {
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

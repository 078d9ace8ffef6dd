// Every page: its looks, its languages, without a network, with many rows.
import { check, DESKTOP, PHONE } from "../browser.mjs";
import { inDatabase, look, seeLive, whichPage } from "../see.mjs";

const THEMES = { light: "Light", dark: "Dark", field: /^Field/ };

/** Has the local database hold so many more sites, hives, units and visits, as the engine would have put
 * them there; with none, takes them out again. */
const manyRows = (page, count) =>
  inDatabase(page, async (database, done, rows) => {
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
  }, count);

/** Each in each theme, on phone and desktop, and full of rows. */
export async function seeEveryPage({ page, step }) {
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
      // The list is as long as it was made, also for who comes back to it.
      if (device === "phone") await page.getByRole("button", { name: /^Show more of/ }).click();
      await page.waitForFunction((count) => document.querySelectorAll("main li a[href^='/visits/']").length > count, 60);
      // Back from a visit the list is where it was left, as long as it was.
      const far = page.locator("main li a[href^='/visits/']").nth(55);
      await far.scrollIntoViewIfNeeded();
      const left = await page.evaluate(() => scrollY);
      check(left > 300, "the list is too short to be scrolled");
      await far.evaluate((one) => one.click());
      await page.getByRole("heading", { name: "What happened" }).waitFor();
      await page.goBack();
      await page.waitForFunction((top) => Math.abs(scrollY - top) < 5, left);
    }
    await manyRows(page, 0);
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Visits" }).waitFor();
  });
}

/** In French, and with nothing but what the device keeps. */
export async function seeElsewhere({ page, context, step }) {
  await step("the other language", async () => {
    await whichPage(page, "Settings");
    await page.getByLabel("Language").selectOption("fr");
    await page.getByRole("heading", { level: 1, name: "Réglages" }).waitFor();
    check((await page.locator("html").getAttribute("lang")) === "fr", "the page does not say that it is French");
    await page.setViewportSize(PHONE);
    for (const name of ["Aujourd’hui", "Visites", "Ruches", "Unités", "Réglages"]) {
      await whichPage(page, name, name === "Aujourd’hui" ? "Jour" : name);
      await look(page, `${name}-fr`);
      const wide = await page.evaluate(() => [...document.querySelectorAll("nav a")].filter((one) => one.scrollWidth > one.clientWidth).length);
      check(wide === 0, `${wide} words of the bar do not fit`);
      const small = await page.evaluate(() =>
        [...document.querySelectorAll("nav a:not(.gear)")].filter((one) => one.offsetHeight < 64 || parseFloat(getComputedStyle(one).fontSize) < 16).length,
      );
      check(small === 0, `${small} targets of the bar are too small for gloves`);
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
}

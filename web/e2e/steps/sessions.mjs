// Who is signed in: begins, is shared by the pages of a browser, goes on, ends.
import { check, signIn } from "../browser.mjs";
import { inDatabase, lookInEach, seeLive, whichPage } from "../see.mjs";

/** Signs in, by the wrong password first. */
export async function begin({ page, context, origin, email, password, step }) {
  await step("the sign-in", async () => {
    await page.goto(origin);
    check(await page.evaluate(() => isSecureContext), "the page is no secure context");
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await lookInEach(page, "sign-in");
    await signIn(page, email, "not the password");
    await page.getByRole("alert").getByText("The e-mail address or the password is wrong.").waitFor();
    await signIn(page, email, password);
    await page.getByRole("heading", { level: 1, name: "Today" }).waitFor();
    const cookies = await context.cookies();
    const isBound = ({ name, path }) => name.startsWith("__Host-apis-") || (name.startsWith("__Secure-apis-") && path === "/api/v1/session/refresh");
    check(cookies.length === 2 && cookies.every((one) => isBound(one) && one.httpOnly && one.secure), "a cookie is not bound to its host");
  });
}

/** More than one page, and a wrong clock. */
export async function share({ page, context, origin, step }) {
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
    // What it found of the server's clock holds without a network as well.
    await context.setOffline(true);
    await late.reload();
    await late.getByText(/The server does not answer/).waitFor();
    await late.getByText("Online", { exact: true }).first().waitFor();
    await context.setOffline(false);
    await late.getByText("The server does not answer").waitFor({ state: "detached" });
    await late.getByRole("button", { name: "Add a unit" }).click();
    await late.getByText(/It works once, for another 1[45]\smin/).waitFor();
    await late.getByRole("button", { name: "Cancel" }).click();
    await whichPage(late, "Live");
    await seeLive(late);
    await late.close();
  });
}

/** What is short of its end. */
export async function goOn({ page, context, email, password, step }) {
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
    await lookInEach(page, "sign-in-again");
    await signIn(page, email, password);
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
}

/** Signs out in every way. */
export async function end({ page, context, origin, email, password, step }) {
  await step("signing out asks what becomes of unsent text", async () => {
    await whichPage(page, "Hives");
    await page.getByRole("button", { name: "Add a site" }).click();
    await page.getByLabel("Name of the site").fill("Not saved yet");
    await page.getByRole("button", { name: "Later: keep what I typed" }).click();
    await whichPage(page, "Settings");
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByText("Not saved yet").waitFor();
    await lookInEach(page, "unsent");
    const file = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save it as a file" }).click();
    check((await file).suggestedFilename().endsWith(".json"), "the text is saved as a file");
    await page.getByRole("button", { name: "Sign out, keep it here for me" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    const visits = await inDatabase(page, (database, done) => done(database.transaction("visits").objectStore("visits").count()));
    check(visits === 0, "of the visits nothing is kept");
    await signIn(page, email, password);
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
    await signIn(page, email, password);
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
    // In the field: the server cannot be told now, and the browser has its cookies still.
    await context.setOffline(true);
    await page.getByRole("button", { name: "Throw it away and sign out" }).click();
    for (const one of [page, other]) await one.getByRole("heading", { name: "Sign in" }).waitFor();
    await other.close();
    await context.setOffline(false);
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.waitForFunction(() => localStorage.getItem("apis-left") === null);
    check((await context.cookies()).length === 0, "the browser still has the session's cookies");
    const left = await page.evaluate(async () => (await indexedDB.databases()).map((one) => one.name));
    check(left.length === 0, `the device still keeps ${left}`);
    const pictures = await page.evaluate(() => caches.has("apis-thumbnails"));
    check(!pictures, "the device still keeps pictures");
    check((await page.evaluate(() => localStorage.getItem("apis-session"))) === null, "the device still knows the member");
  });
}

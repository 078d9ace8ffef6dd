// The live view, the deterrent, and pictures for other programs.
import { readFileSync } from "node:fs";
import { check } from "../browser.mjs";
import { look, lookInEach, seeLive, seePicture, whichPage } from "../see.mjs";

/** Looks, commands, pauses, sleeps, and gives the picture away. */
export async function seeUnitLive({ page, context, origin, step }) {
  await step("live video", async () => {
    await whichPage(page, "Live");
    const { age, error } = await seeLive(page);
    console.error(`   a picture was ${age} s ± ${error} s behind`);
  });
  await step("a command and its result", async () => {
    await page.getByRole("button", { name: "Make it blink" }).click();
    await page.getByRole("status").getByText("The unit blinks.").waitFor();
  });
  await step("whatever becomes of a command is told in words", async () => {
    const answers = /\/commands\/[^/]+$/;
    const become = async (state, reason) => {
      await page.unroute(answers);
      await page.route(answers, async (route) => {
        const given = await (await route.fetch()).json();
        await route.fulfill({ json: { ...given, state, reason, ended_at: state === "waiting" ? undefined : new Date().toISOString() } });
      });
    };
    const ends = [
      ["refused", "clock_unsynchronised", "The unit refused: it does not know what time it is, so it cannot tell how old the command is."],
      ["expired", undefined, "The unit did not act in time; the command is void."],
      ["unreachable", undefined, "The unit cannot be reached now; nothing was changed."],
    ];
    const blink = page.getByRole("button", { name: "Make it blink" });
    for (const [state, reason, words] of ends) {
      await become("waiting");
      await blink.click();
      await page.getByRole("status").getByText(/^Waiting for the unit to listen, since .* lapses\.$/).waitFor();
      // Nobody waits for one command before another may be given.
      check(await page.getByRole("button", { name: "Disarm" }).isEnabled(), "a command that waits stands in the way of disarming");
      await become(state, reason);
      await page.getByRole("status").getByText(words).waitFor();
      check(await blink.isEnabled(), "what is over cannot be given again");
    }
    await page.unroute(answers);
  });
  await step("disarming, and arming again", async () => {
    await page.getByRole("button", { name: "Disarm" }).click();
    await page.getByRole("status").getByText("The unit is disarmed.").waitFor();
    // What the unit said last holds on every page, before its next heartbeat.
    await whichPage(page, "Units");
    await page.getByText(/^Disarmed/).waitFor({ timeout: 2_000 });
    check((await page.getByText(/^Armed/).count()) === 0, "a card says armed after the unit said that it is not");
    await whichPage(page, "Live");
    await page.getByRole("heading", { name: "Disarmed" }).waitFor();
    await page.getByRole("button", { name: "Arm", exact: true }).click();
    const sheet = page.getByRole("dialog");
    check(await sheet.getByRole("button", { name: "Arm", exact: true }).isDisabled(), "armed without a word that nobody is near");
    await sheet.getByText(/laser line/).waitFor();
    await sheet.getByRole("checkbox").check();
    await lookInEach(page, "arm");
    await sheet.getByRole("button", { name: "Arm", exact: true }).click();
    await page.getByRole("status").getByText("The unit is armed.").waitFor();
  });
  await step("a unit without a deterrent is called that, and cannot be armed", async () => {
    const units = /\/api\/v1\/units\?/;
    await page.route(units, async (route) => {
      const told = await (await route.fetch()).json();
      for (const unit of told.items) Object.assign(unit, { heard_at: new Date().toISOString() }).state = { ...unit.state, is_armed: false, armed_reason: "no_deterrent" };
      await route.fulfill({ json: told });
    });
    await whichPage(page, "Units");
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await page.getByText("No deterrent").waitFor();
    for (const name of ["Arm", "Disarm"]) check((await page.getByRole("button", { name, exact: true }).count()) === 0, `${name} is offered`);
    await look(page, "unit-without-deterrent");
    await page.unroute(units);
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await page.getByText(/^Armed/).waitFor();
    await whichPage(page, "Live");
    await seeLive(page);
  });
  await step("a snapshot that fails says so, and saves nothing", async () => {
    await page.route(/live\.jpg$/, (route) => route.fulfill({ status: 503, json: { code: "overloaded" } }));
    await page.getByRole("button", { name: "Snapshot" }).click();
    await page.getByRole("alert").getByText(/There is no snapshot\. The server has too much to do/).waitFor();
    await page.unroute(/live\.jpg$/);
  });
  await step("a snapshot, and the whole screen", async () => {
    const begun = page.waitForEvent("download");
    await page.getByRole("button", { name: "Snapshot" }).click();
    const picture = readFileSync(await (await begun).path());
    check(picture[0] === 0xff && picture[1] === 0xd8, "the snapshot is no JPEG");
    await page.getByRole("button", { name: "Whole screen" }).click();
    await page.waitForFunction(() => document.fullscreenElement?.querySelector("canvas"));
    await page.evaluate(() => document.exitFullscreen());
    await page.waitForFunction(() => !document.fullscreenElement);
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
  await step("a connection that died without a word is made anew", async () => {
    const cut = await context.newPage();
    let [connections, is_dead] = [0, false];
    await cut.routeWebSocket(/\/live$/, (socket) => {
      connections += 1;
      const own = connections;
      const server = socket.connectToServer();
      server.onMessage((message) => (is_dead && own === 1 ? undefined : socket.send(message)));
      socket.onMessage((message) => (is_dead && own === 1 ? undefined : server.send(message)));
    });
    await cut.goto(`${origin}/live`);
    await seeLive(cut);
    is_dead = true;
    await cut.getByText(/^No picture came for/).waitFor();
    await cut.getByText(/±.*behind/).waitFor({ timeout: 30_000 });
    check(connections === 2, `${connections} connections were made`);
    await cut.close();
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
}

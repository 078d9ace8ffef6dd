// Units, sites and hives get their names.
import { check } from "../browser.mjs";
import { lookInEach, whichPage } from "../see.mjs";

/** Somebody else changes the record of that name. */
const changeElsewhere = (page, kind, wanted, change) =>
  page.evaluate(
    async ([kind, wanted, change]) => {
      const { items } = await (await fetch(`/api/v1/${kind}?limit=200`)).json();
      const { id, version } = items.find(({ name }) => name === wanted);
      const headers = { "X-Apis": "1", "Content-Type": "application/json", "If-Match": `"${version}"` };
      await fetch(`/api/v1/${kind}/${id}`, { method: "PATCH", headers, body: JSON.stringify(change) });
    },
    [kind, wanted, change],
  );

/** Types, reloads, saves. */
export async function giveNames({ page, step }) {
  await step("a unit gets a name", async () => {
    await whichPage(page, "Units");
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByLabel("New name").fill("Lime tree");
    await page.waitForTimeout(200);
    await page.reload();
    await page.getByRole("button", { name: "Rename" }).click();
    check((await page.getByLabel("New name").inputValue()) === "Lime tree", "a name that was typed is gone");
    await lookInEach(page, "rename");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 2, name: "Lime tree", exact: true }).waitFor();
    await page.getByText("Armed · by a member from afar").waitFor();
  });
  await step("a site and its hive, and what is typed is kept", async () => {
    await whichPage(page, "Hives");
    const name = `Orchard ${Date.now()}`;
    await page.getByRole("button", { name: "Add a site" }).click();
    // Going back closes what is open, and nothing else.
    await page.goBack();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("heading", { level: 1, name: "Hives" }).waitFor();
    await page.getByRole("button", { name: "Add a site" }).click();
    await page.getByLabel("Name of the site").fill(name);
    await page.getByLabel("Time zone").selectOption("Europe/Brussels");
    await page.getByLabel("North").fill("50,85");
    await page.getByLabel("East").fill("4.35");
    await page.waitForTimeout(200);
    await page.reload();
    await page.getByText("Typed here and not saved:").waitFor();
    await lookInEach(page, "kept");
    await page.getByRole("button", { name: /^Go on:/ }).click();
    await page.waitForFunction((typed) => document.querySelector("#site-name")?.value === typed, name);
    await lookInEach(page, "site-form");
    await page.getByRole("button", { name: "Save" }).click();
    const site = page.getByRole("region", { name });
    await site.getByText("50.85° N, 4.35° E").waitFor();
    await site.getByRole("button", { name: "Change" }).click();
    await page.getByLabel("East").fill("-4.5");
    await page.getByRole("button", { name: "Save" }).click();
    await site.getByText("50.85° N, 4.5° W").waitFor();
    await site.getByRole("button", { name: "Change" }).click();
    await page.getByLabel("North").fill("50.9");
    // Somebody else changes it meanwhile: they are not undone unseen, and what is typed stays.
    await changeElsewhere(page, "sites", name, { time_zone: "Europe/Paris", longitude: 5, latitude: 50.85 });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").getByText("Somebody changed it meanwhile.").waitFor();
    await page.getByText("Before: Europe/Brussels.").waitFor();
    await page.getByText("Before: -4.5.").waitFor();
    check((await page.getByLabel("North").inputValue()) === "50.9", "what was typed is gone");
    check((await page.getByLabel("East").inputValue()) === "5", "what somebody else wrote is not shown");
    await lookInEach(page, "site-changed-meanwhile");
    await page.getByRole("button", { name: "Save" }).click();
    await site.getByText("50.9° N, 5° E").waitFor();
    await site.getByText("Europe/Paris").waitFor();
    // What is kept for later does not undo it either; what both wrote is shown, and one is chosen.
    await site.getByRole("button", { name: "Change" }).click();
    await page.getByLabel("North").fill("51");
    await page.getByRole("button", { name: "Later" }).click();
    await changeElsewhere(page, "sites", name, { time_zone: "Europe/Berlin", longitude: 5, latitude: 52 });
    await page.reload();
    await site.getByText("Europe/Berlin").waitFor();
    await site.getByRole("button", { name: "Change" }).click();
    await page.getByText("Somebody else wrote this here meanwhile: 52.").waitFor();
    check((await page.getByLabel("North").inputValue()) === "51", "what was kept is gone");
    check((await page.getByLabel("Time zone").inputValue()) === "Europe/Berlin", "what was kept would undo another's change");
    await page.getByRole("button", { name: "Take theirs" }).click();
    await page.getByLabel("North").fill("");
    await page.getByLabel("East").fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await site.getByText("Europe/Berlin", { exact: true }).waitFor();
    await site.getByRole("button", { name: "Add a hive" }).click();
    await page.getByLabel("Name of the hive").fill("Lime");
    await lookInEach(page, "hive-form");
    await page.getByRole("button", { name: "Save" }).click();
    await site.getByRole("button", { name: "Rename Lime" }).click();
    await page.getByLabel("New name").fill("Hazel");
    await page.getByRole("button", { name: "Later" }).click();
    await changeElsewhere(page, "hives", "Lime", { name: "Oak" });
    await page.reload();
    await site.getByRole("button", { name: "Rename Oak" }).click();
    await page.getByText("Somebody else wrote this here meanwhile: Oak.").waitFor();
    await lookInEach(page, "rename-meanwhile");
    await page.getByRole("button", { name: "Save" }).click();
    await site.getByText("Hazel").waitFor();
    await whichPage(page, "Units");
    // Of a demo that goes on, the unit stands somewhere already.
    await page.getByRole("button", { name: /^(Say where it stands|Move)/ }).click();
    await page.getByLabel("Where it stands").selectOption({ label: name });
    await lookInEach(page, "unit-stands");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText(`Stands at ${name}.`).waitFor();
  });
}

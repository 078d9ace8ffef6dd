// Sets a new server up by its link as its owner would, and adds a unit: says the claim that the page
// shows, and ends well once the page says that the unit is enrolled.
//
//   APIS_PASSWORD=… node e2e/set-up.mjs LINK EMAIL
import { check, PHONE, withPage } from "./browser.mjs";
import { lookInEach, whichPage } from "./see.mjs";

const [link, email] = process.argv.slice(2);
const password = process.env.APIS_PASSWORD ?? "";

/** A name that would do harm wherever it is not shown as text, and is written from right to left. */
const HOSTILE = "<img src=x onerror=alert(1)> כוורת";
/** One that would turn around what stands after it. */
const TURNING = "rucher \u202e elleba";

await withPage({ viewport: PHONE }, async (page) => {
  const origin = new URL(link).origin;
  await page.goto(origin);
  await page.getByText("This server has no account yet.").waitFor();

  const fill = async (word, name = HOSTILE) => {
    await page.getByLabel("Name of your apiary or association").fill(name);
    await page.getByLabel("Your name").fill("Keeper");
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill(word);
    await page.getByRole("button", { name: "Make the account" }).click();
  };
  await page.goto(`${origin}/set-up#guessed`);
  await fill(password);
  await page.getByRole("alert").getByText("This is not the link of this server.").waitFor();

  await page.goto("about:blank");
  await page.goto(link);
  // What the browser's own check of the field does not know, the server tells.
  await page.getByLabel("Password").evaluate((input) => input.removeAttribute("minlength"));
  await fill("too short");
  await page.getByRole("alert").getByText("A password has 10 to 200 characters.").waitFor();
  await lookInEach(page, "set-up");
  await fill(password, TURNING);
  await page.getByRole("alert").getByText("A name has 1 to 80 characters on one line.").waitFor();
  await fill(password);
  await page.getByRole("heading", { level: 1, name: "Today" }).waitFor();
  // Where there is nothing yet, each page says how to begin.
  await page.getByRole("heading", { name: "No unit yet" }).waitFor();
  await lookInEach(page, "today-empty");
  for (const [name, heading] of [["Live", "No unit yet"], ["Visits", "No visit"], ["Hives", "No site yet"], ["Units", "No unit yet"]]) {
    await whichPage(page, name);
    await page.getByRole("heading", { name: heading }).waitFor();
    await lookInEach(page, `${name.toLowerCase()}-empty`);
  }
  check(!page.url().includes("#"), `the token stays in ${page.url()}`);

  await page.getByRole("navigation").getByRole("link", { name: "Settings" }).click();
  await page.getByText(HOSTILE, { exact: true }).first().waitFor();
  check((await page.locator("img[src=x]").count()) === 0, "a name is shown as a page");
  await page.getByText("this device", { exact: true }).waitFor();

  await page.getByRole("navigation").getByRole("link", { name: "Units" }).click();
  await page.getByRole("button", { name: "Add a unit" }).click();
  const command = await page.locator("code").innerText();
  console.log(command.match(/'(.*)'/)[1]);
  await page.getByText("The unit is enrolled.").waitFor();
  await page.getByRole("button", { name: "Done" }).click();

  await page.goto("about:blank");
  await page.goto(link);
  // Who is signed in is told that there is nothing left to set up.
  await page.getByText("This server is set up, and you are signed in as Keeper.").waitFor();
  await lookInEach(page, "set-up-done");
  await page.goto(`${origin}/nothing`);
  await page.getByRole("heading", { level: 1, name: "There is no such page" }).waitFor();
  await lookInEach(page, "missing");
});

// Looks at the live view while the server is started again, and then the unit: says "live" when pictures
// come, "live again" when they came again by themselves, "gone" when the unit's end is told, and "back"
// when it is seen again. Nobody pressed its button since: armed from afar it says so.
//
//   APIS_PASSWORD=… node e2e/restart.mjs ORIGIN EMAIL
import { withPage } from "./browser.mjs";

const [origin, email] = process.argv.slice(2);

await withPage({}, async (page) => {
  await page.goto(`${origin}/live`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(process.env.APIS_PASSWORD ?? "");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  const live = page.getByText(/±.*behind/);
  await live.waitFor();
  console.log("live");
  await page.getByRole("status").getByText("Connecting …").waitFor({ timeout: 30_000 });
  await live.waitFor({ timeout: 60_000 });
  // It is the same page: nothing was loaded anew, nobody had to sign in.
  console.log("live again");
  await page.getByText(/^Waiting for the unit|^The unit is connected and sends no picture/).waitFor({ timeout: 60_000 });
  await page.getByText("This is the last picture that came.").waitFor();
  console.log("gone");
  await live.waitFor({ timeout: 60_000 });
  await page.getByRole("button", { name: "Arm", exact: true }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("checkbox").check();
  await sheet.getByRole("button", { name: "Arm", exact: true }).click();
  await page.getByRole("status").getByText("The unit must be armed at the hive once: press its arm button.").waitFor();
  console.log("back");
});

// Looks at the live view while the server is started again, and then the unit: says "live" when pictures
// come, "live again" when they came again by themselves, "gone" when the unit's end is told, and "back"
// when it is seen again. Nobody pressed its button since: armed from afar it says so. Released in another
// page, it is seen no more.
//
//   APIS_PASSWORD=… node e2e/restart.mjs ORIGIN EMAIL
import { signIn, withPage } from "./browser.mjs";

const [origin, email] = process.argv.slice(2);

await withPage({}, async (page, context) => {
  await page.goto(`${origin}/live`);
  await signIn(page, email, process.env.APIS_PASSWORD ?? "");
  const live = page.getByText(/±.*behind/);
  await live.waitFor();
  console.log("live");
  await page.getByRole("status").getByText("Connecting …").waitFor({ timeout: 30_000 });
  await live.waitFor({ timeout: 60_000 });
  // It is the same page: nothing was loaded anew, nobody had to sign in.
  console.log("live again");
  await page.getByText(/^Waiting for the unit|^No picture came for/).waitFor({ timeout: 60_000 });
  await page.getByRole("heading", { name: "Deterrent: not known now" }).waitFor();
  await page.getByText("This is the last picture that came.").waitFor();
  console.log("gone");
  await live.waitFor({ timeout: 60_000 });
  await page.getByRole("button", { name: "Arm", exact: true }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("checkbox").check();
  await sheet.getByRole("button", { name: "Arm", exact: true }).click();
  await page.getByRole("status").getByText("The unit must be armed at the hive once: press its arm button.").waitFor();
  const other = await context.newPage();
  await other.goto(`${origin}/units`);
  await other.getByRole("button", { name: "Release" }).click();
  await other.getByRole("dialog").getByRole("button", { name: "Release" }).click();
  await other.getByRole("heading", { name: "No unit yet" }).waitFor();
  await page.getByText(/^No unit yet|There is no unit at this address/).waitFor();
  console.log("back");
});

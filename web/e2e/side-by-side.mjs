// Two servers of one machine in one browser, for which ports are no difference: both stay signed in.
//
//   APIS_PASSWORD=… node e2e/side-by-side.mjs ORIGIN EMAIL ORIGIN
import { check, signIn, withPage } from "./browser.mjs";

const [one, email, other] = process.argv.slice(2);

await withPage({}, async (page, context) => {
  for (const origin of [one, other]) {
    await page.goto(origin);
    await signIn(page, email, process.env.APIS_PASSWORD ?? "");
    await page.getByRole("heading", { level: 1, name: "Today" }).waitFor();
  }
  // The short tokens end, and each server gives its own again.
  for (const { name } of await context.cookies()) if (name.startsWith("__Host-")) await context.clearCookies({ name });
  for (const origin of [one, other, one]) {
    await page.goto(`${origin}/settings`);
    await page.getByText("this device", { exact: true }).waitFor();
    check((await page.getByRole("heading", { name: "Sign in to continue" }).count()) === 0, `${origin} has signed out`);
  }
  check((await context.cookies()).length === 4, "each server has two cookies of its own");
});

// Signs in as a member of two tenants: chooses one, signs out, and chooses the other.
//
//   APIS_PASSWORD=… node e2e/tenants.mjs ORIGIN EMAIL NAME NAME
import { signIn, withPage } from "./browser.mjs";

const [origin, email, ...names] = process.argv.slice(2);

await withPage({}, async (page) => {
  await page.goto(origin);
  for (const name of names) {
    await signIn(page, email, process.env.APIS_PASSWORD ?? "");
    await page.getByText("Your account belongs to several. Which one?").waitFor();
    await page.getByRole("button", { name, exact: true }).click();
    await page.getByRole("navigation").waitFor();
    await page.getByText(name, { exact: true }).first().waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Settings" }).click();
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  }
});

// Looks at a server that has TLS itself: live video on the page's own origin, and the pages without a network.
//
//   APIS_PASSWORD=… node e2e/https.mjs ORIGIN EMAIL KEY
//
// KEY is the SHA-256 of the certificate's public key, in base64, which the browser then trusts.
import { check, signIn, withPage } from "./browser.mjs";
import { seeLive } from "./see.mjs";

const [origin, email, key] = process.argv.slice(2);

await withPage({ trustedKey: key }, async (page, context) => {
  const sockets = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  const answer = await page.goto(origin);
  check(answer.headers()["strict-transport-security"] === "max-age=31536000", "a browser may come back without TLS");
  check(await page.evaluate(() => isSecureContext), "the page is no secure context");
  await signIn(page, email, process.env.APIS_PASSWORD ?? "");
  await page.getByRole("heading", { level: 1, name: "Today" }).waitFor();
  const cookies = await context.cookies();
  check(cookies.length === 2 && cookies.every(({ secure }) => secure), "a cookie may travel without TLS");
  await page.getByRole("link", { name: "Live" }).first().click();
  const { age, error } = await seeLive(page);
  console.error(`   over TLS a picture was ${age} s ± ${error} s behind`);
  const own = origin.replace("https:", "wss:");
  check(sockets.length > 0 && sockets.every((url) => url.startsWith(`${own}/`)), `video comes from ${sockets}`);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await context.setOffline(true);
  await page.goto(`${origin}/units`);
  await page.getByText(/The server does not answer/).waitFor();
  await page.getByRole("heading", { level: 2, name: "tls" }).waitFor();
});

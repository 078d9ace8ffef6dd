// Opens the pages of a running server, whose unit watches a scene, as its owner would.
//
//   APIS_PASSWORD=… node e2e/visit.mjs ORIGIN EMAIL
//
// With APIS_SCREENSHOTS=FOLDER it leaves pictures of every page, as phone and desktop, in each theme.
import { withPage } from "./browser.mjs";
import { seeUnitLive } from "./steps/live.mjs";
import { giveNames } from "./steps/names.mjs";
import { seeElsewhere, seeEveryPage } from "./steps/pages.mjs";
import * as sessions from "./steps/sessions.mjs";
import { loseVisit, seeVisits } from "./steps/visits.mjs";

const [origin, email] = process.argv.slice(2);
const password = process.env.APIS_PASSWORD ?? "";

/** What a script of a page waits for has no limit of its own. */
const STEP_MS_MAX = 180_000;

const step = async (what, work) => {
  const begun = performance.now();
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`not done in ${STEP_MS_MAX / 1_000} s`)), STEP_MS_MAX);
  });
  try {
    await Promise.race([work(), late]);
  } catch (error) {
    throw new Error(`${what}: ${error.message}`, { cause: error });
  }
  clearTimeout(timer);
  console.error(`   ${what}: ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
};

await withPage({}, async (page, context) => {
  const tour = { page, context, origin, email, password, step };
  await sessions.begin(tour);
  await seeVisits(tour);
  await seeUnitLive(tour);
  await giveNames(tour);
  await seeEveryPage(tour);
  await sessions.share(tour);
  await loseVisit(tour);
  await seeElsewhere(tour);
  await sessions.goOn(tour);
  await sessions.end(tour);
});
console.error("   the pages work");

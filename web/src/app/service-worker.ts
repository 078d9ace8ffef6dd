// Keeps the files of this build on the device, so that the pages open without a network, and the small
// pictures of visits that were shown. Everything else that the pages show is in the local database.
import { clientsClaim } from "workbox-core";
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute, type PrecacheEntry } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";

declare const PICTURES_CACHE: string;
declare const self: { __WB_MANIFEST: PrecacheEntry[]; skipWaiting(): Promise<void> };

/** Pictures that a device keeps: of the visits that its lists show first. */
const PICTURES_MAX = 300;
const PICTURE_PATH = /^\/api\/v1\/clips\/[^/]+\/thumbnail\.jpg$/;

cleanupOutdatedCaches();
// `scripts/finish.mjs` writes the list of the build's files here.
precacheAndRoute(self.__WB_MANIFEST);
registerRoute(new NavigationRoute(createHandlerBoundToURL("/index.html"), { denylist: [/^\/api\//] }));
async function keep(cache: Cache, request: Request, answer: Response): Promise<void> {
  await cache.put(request, answer);
  // In the order in which they were put: the oldest go first.
  const all = await cache.keys();
  await Promise.all(all.slice(0, Math.max(0, all.length - PICTURES_MAX)).map((one) => cache.delete(one)));
}

registerRoute(
  ({ url, sameOrigin }) => sameOrigin && PICTURE_PATH.test(url.pathname),
  async ({ request }) => {
    const cache = await caches.open(PICTURES_CACHE);
    const kept = await cache.match(request);
    if (kept) return kept;
    const answer = await fetch(request);
    // A device without room shows it all the same.
    if (answer.ok) await keep(cache, request, answer.clone()).catch(() => undefined);
    return answer;
  },
);
void self.skipWaiting();
clientsClaim();

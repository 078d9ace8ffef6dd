// Keeps the files of this build on the device, so that the pages open without a network. What they
// show is in the local database; nothing of the API is kept here.
import { clientsClaim } from "workbox-core";
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute, type PrecacheEntry } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";

declare const self: { __WB_MANIFEST: PrecacheEntry[]; skipWaiting(): Promise<void> };

cleanupOutdatedCaches();
// `scripts/finish.mjs` writes the list of the build's files here.
precacheAndRoute(self.__WB_MANIFEST);
registerRoute(new NavigationRoute(createHandlerBoundToURL("/index.html"), { denylist: [/^\/api\//] }));
void self.skipWaiting();
clientsClaim();

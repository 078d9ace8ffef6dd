/** The only script that this page may start beside itself. */
const WORKER = "/service-worker.js";

/** Has the browser keep the pages, for when there is no network. */
export async function keepPages(): Promise<void> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const policy = window.trustedTypes?.createPolicy("apis-script-url", {
    createScriptURL: (url) => {
      if (url !== WORKER) throw new TypeError(`${url} is no script of this page`);
      return url;
    },
  });
  const url = policy?.createScriptURL(WORKER) ?? WORKER;
  try {
    await navigator.serviceWorker.register(url as string);
  } catch {
    // A browser that will not (a private window, a full disk) shows the pages while there is a network.
  }
}

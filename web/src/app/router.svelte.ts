/** Where the reader is: the path, split. */
export type Route =
  | { page: "today" }
  | { page: "live"; unit: string | undefined }
  | { page: "visits" }
  | { page: "visit"; visit: string }
  | { page: "hives" }
  | { page: "units" }
  | { page: "settings" }
  | { page: "set_up" }
  | { page: "missing" };

/** The page of a path. */
export function read(path: string): Route {
  const [first, second, ...rest] = path.split("/").filter((part) => part !== "");
  if (rest.length > 0) return { page: "missing" };
  if (first === undefined) return { page: "today" };
  if (first === "live") return { page: "live", unit: second };
  if (first === "visits" && second !== undefined) return { page: "visit", visit: second };
  if (second !== undefined) return { page: "missing" };
  if (first === "set-up") return { page: "set_up" };
  if (first === "visits" || first === "hives" || first === "units" || first === "settings") return { page: first };
  return { page: "missing" };
}

/** How long a page that was left is waited for, until it is as long as it was. */
const DRAWN_MS_MAX = 1_500;

/** Scrolls a page that is drawn anew to where it was left, unless its reader scrolls before. */
function scrollBackTo(top: number): void {
  const until = performance.now() + DRAWN_MS_MAX;
  let is_over = false;
  const end = (): void => void (is_over = true);
  for (const what of ["wheel", "touchstart", "keydown"]) addEventListener(what, end, { once: true, passive: true });
  function look(): void {
    if (is_over) return;
    scrollTo(0, top);
    if (Math.abs(scrollY - top) > 1 && performance.now() < until) requestAnimationFrame(look);
  }
  requestAnimationFrame(look);
}

class Router {
  #path = $state(location.pathname);
  route: Route = $derived(read(this.#path));

  constructor() {
    addEventListener("popstate", ({ state }) => {
      if (this.#path === location.pathname) return;
      this.#path = location.pathname;
      scrollBackTo((state as { scroll?: number } | null)?.scroll ?? 0);
    });
    // A plain click on a link of the app's own changes the page without loading it anew.
    addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
      if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
      if (link.origin !== location.origin || link.pathname.startsWith("/api/")) return;
      event.preventDefault();
      this.go(link.pathname);
    });
  }

  go(path: string): void {
    if (path !== location.pathname) {
      history.replaceState({ ...(history.state as object | null), scroll: scrollY }, "");
      history.pushState(null, "", path);
    }
    this.#path = path;
    scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  }
}

export const router = new Router();

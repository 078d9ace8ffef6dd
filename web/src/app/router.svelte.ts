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

class Router {
  #path = $state(location.pathname);
  route: Route = $derived(read(this.#path));

  constructor() {
    addEventListener("popstate", () => (this.#path = location.pathname));
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
    if (path !== location.pathname) history.pushState(null, "", path);
    this.#path = path;
    scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  }
}

export const router = new Router();

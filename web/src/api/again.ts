/** How often what failed is tried again: not every browser tells that a network came back. */
const AGAIN_MS = 10_000;

/** Does it again while it is failing, until the returned function is called. */
export function whileFailing(isFailing: () => boolean, again: () => void): () => void {
  const look = (): void => {
    if (isFailing() && document.visibilityState === "visible") again();
  };
  const timer = setInterval(look, AGAIN_MS);
  addEventListener("online", look);
  return () => {
    clearInterval(timer);
    removeEventListener("online", look);
  };
}

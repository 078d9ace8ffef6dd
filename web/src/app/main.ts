import "../styles/tokens.css";
import "../styles/reset.css";
import "../styles/ui.css";
import { mount } from "svelte";
import { onSignInNeeded } from "../api/request";
import { onAccessOver, onOtherMember } from "../api/send";
import { session } from "../features/session/session.svelte";
import { show, theme } from "../features/settings/theme";
import { getLocale } from "../i18n/compiled/runtime.js";
import App from "./App.svelte";
import { keepPages } from "./offline";

show(theme());
document.documentElement.lang = getLocale();
onSignInNeeded(session.tellOver);
onAccessOver(session.refresh);
onOtherMember(() => void session.load());
// A page of the build before is gone from the server: the present one has its own.
addEventListener("vite:preloadError", (event) => {
  const LOADED = "apis-loaded-again";
  if (sessionStorage.getItem(LOADED) !== null) return;
  sessionStorage.setItem(LOADED, "1");
  event.preventDefault();
  location.reload();
});
const target = document.getElementById("app");
if (!target) throw new Error("the page has no place for the app");
mount(App, { target });
void session.load();
void keepPages();

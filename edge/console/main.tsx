import { render } from "preact";
import "./style/index.css";
import { App } from "./app.tsx";
import { resume } from "./state/account.ts";
import { language, setLanguage } from "./state/language.ts";
import { listenForNotices } from "./state/notices.ts";

await setLanguage(language.value);
resume();
listenForNotices();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);

if ("serviceWorker" in navigator && import.meta.env.PROD) {
  // Without it the page works as before, but not offline.
  navigator.serviceWorker.register(new URL("sw.js", document.baseURI)).catch(() => {});
}

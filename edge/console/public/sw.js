// The shell works offline: hashed files never change, the page itself comes from the network where there is one.
const cacheName = "parley-shell-1";
const shell = new URL("./", self.registration.scope).href;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.add(shell)));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  const stale = async () => {
    for (const name of await caches.keys()) if (name !== cacheName) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(stale());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && url.href.split("#")[0] === shell) event.respondWith(page(event.request));
  else if (url.href.startsWith(`${shell}assets/`)) event.respondWith(asset(event.request));
});

async function page(request) {
  const cache = await caches.open(cacheName);
  try {
    const answer = await fetch(request);
    if (answer.ok) {
      await cache.put(shell, answer.clone());
      await forget(cache, await answer.clone().text());
    }
    return answer;
  } catch (error) {
    const kept = await cache.match(shell);
    if (kept === undefined) throw error;
    return kept;
  }
}

async function asset(request) {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(request);
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

/** Files of older builds go when a new page names others. */
async function forget(cache, text) {
  const kept = await cache.match("build");
  const mark = text.match(/assets\/[\w.-]+\.js/)?.[0] ?? "";
  if (kept !== undefined && (await kept.text()) === mark) return;
  for (const request of await cache.keys()) if (request.url.startsWith(`${shell}assets/`)) await cache.delete(request);
  await cache.put("build", new Response(mark));
}

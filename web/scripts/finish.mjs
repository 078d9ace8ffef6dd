// Tells the service worker which files the build made, then puts brotli and gzip beside every file that
// shrinks by them.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const WORKER = "service-worker.js";

/** Names of files in `assets` hold a hash; of the others the content's is the revision. */
const kept = readdirSync(dist, { recursive: true })
  .filter((name) => statSync(new URL(name, dist)).isFile() && !name.startsWith(".") && name !== WORKER)
  .map((name) => ({
    url: `/${name}`,
    revision: name.startsWith("assets/") ? null : createHash("sha256").update(readFileSync(new URL(name, dist))).digest("base64url"),
  }));
const worker = readFileSync(new URL(WORKER, dist), "utf8");
if (!worker.includes("self.__WB_MANIFEST")) throw new Error("the service worker asks for no list of files");
if (/^import\b|\bfrom\s*"\.\//m.test(worker)) throw new Error("the service worker imports from another file, which browsers do not load");
writeFileSync(new URL(WORKER, dist), worker.replace("self.__WB_MANIFEST", JSON.stringify(kept)));

const small = { br: 0, gz: 0 };
for (const name of readdirSync(dist, { recursive: true })) {
  const path = new URL(name, dist);
  if (!statSync(path).isFile() || !/\.(js|css|html|svg|webmanifest)$/.test(name)) continue;
  const whole = readFileSync(path);
  const made = {
    br: brotliCompressSync(whole, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    gz: gzipSync(whole, { level: 9 }),
  };
  for (const [ending, bytes] of Object.entries(made)) {
    if (bytes.length < whole.length) writeFileSync(new URL(`${name}.${ending}`, dist), bytes);
    if (/\.js$/.test(name) && name !== WORKER) small[ending] += bytes.length;
  }
}
console.log(`all scripts, the service worker apart: ${(small.br / 1024).toFixed(1)} KiB brotli`);

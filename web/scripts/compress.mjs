// Brotli and gzip beside every built file that shrinks by them.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
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
    if (/\.js$/.test(name)) small[ending] += bytes.length;
  }
}
console.log(`all scripts: ${(small.br / 1024).toFixed(1)} KiB brotli`);

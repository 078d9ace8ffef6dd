// Makes what is not written by hand: the messages' code and the API's types. With `--empty` what the
// last build left is removed before.
import { execFileSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => `${folder}node_modules/.bin/${name}`;
const run = (name, ...args) => execFileSync(bin(name), args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });

run("paraglide-js", "compile", "--silent", "--project", "./project.inlang", "--outdir", "./src/i18n/compiled",
  "--strategy", "localStorage", "preferredLanguage", "baseLocale");
run("openapi-typescript", "../openapi/apis-server.json", "-o", "./src/api/schema.d.ts");

if (process.argv.includes("--empty"))
  for (const name of readdirSync(`${folder}dist`))
    if (name !== ".gitignore") rmSync(`${folder}dist/${name}`, { recursive: true });

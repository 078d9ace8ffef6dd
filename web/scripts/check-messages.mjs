// Every language has every message, with the same placeholders; what is the same in two languages is
// listed; and what was compiled is what was written: a message plugin that is not found compiles
// nothing, and says nothing.
import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, folder), "utf8"));
const { baseLocale, locales } = read("project.inlang/settings.json");
const same = new Set(read("messages/same.json"));
const flat = (node, path = "") =>
  Object.entries(node).flatMap(([key, value]) => {
    if (key === "$schema") return [];
    const name = path ? `${path}.${key}` : key;
    return typeof value === "string" || Array.isArray(value) ? [[name, value]] : flat(value, name);
  });
const messages = Object.fromEntries(locales.map((locale) => [locale, new Map(flat(read(`messages/${locale}.json`)))]));
const placeholders = (text) => [...new Set([...JSON.stringify(text).matchAll(/\{(\w+)\}/g)].map((hit) => hit[1]))].sort().join();
const wrong = [];

for (const [locale, own] of Object.entries(messages)) {
  for (const [key, text] of messages[baseLocale]) {
    const other = own.get(key);
    if (other === undefined || other === "") wrong.push(`${locale} lacks ${key}`);
    else if (placeholders(other) !== placeholders(text)) wrong.push(`${locale} has other placeholders in ${key}`);
    else if (locale !== baseLocale && JSON.stringify(other) === JSON.stringify(text) && !same.has(key))
      wrong.push(`${key} is the same in ${baseLocale} and ${locale}: list it in messages/same.json if it should be`);
  }
  for (const key of own.keys()) if (!messages[baseLocale].has(key)) wrong.push(`${locale} has ${key}, ${baseLocale} has not`);
}
for (const key of same)
  if (!messages[baseLocale].has(key)) wrong.push(`messages/same.json lists ${key}, which is no message`);

const compiled = readFileSync(new URL("src/i18n/compiled/messages/_index.js", folder), "utf8");
const exported = new Set([...compiled.matchAll(/export \* from ['"]\.\/(\w+)\.js['"]/g)].map((hit) => hit[1]));
for (const key of messages[baseLocale].keys()) if (!exported.has(key)) wrong.push(`${key} is written and not compiled`);
for (const key of exported) if (!messages[baseLocale].has(key)) wrong.push(`${key} is compiled and not written`);

// A message that no screen says is dead.
const sources = readdirSync(new URL("src/", folder), { recursive: true })
  .filter((name) => /\.(svelte|ts)$/.test(name) && !name.startsWith("i18n/compiled"))
  .map((name) => readFileSync(new URL(`src/${name}`, folder), "utf8"))
  .join("\n");
for (const key of messages[baseLocale].keys())
  if (!new RegExp(`\\bm\\.${key}\\b|"${key}"`).test(sources)) wrong.push(`${key} is said nowhere`);

for (const line of wrong) console.error(line);
console.log(`${messages[baseLocale].size} messages in ${locales.join(", ")}`);
process.exit(wrong.length ? 1 : 0);

/** What a browser says it is, as far as its member would know it by. */
export interface Device {
  browser: string | undefined;
  system: string | undefined;
}

/** The first that is found counts: browsers name those they descend from as well. */
const BROWSERS = [
  ["Edg", "Edge"],
  ["OPR/", "Opera"],
  ["SamsungBrowser/", "Samsung Internet"],
  ["FxiOS/", "Firefox"],
  ["Firefox/", "Firefox"],
  ["CriOS/", "Chrome"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
] as const;

const SYSTEMS = [
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Android", "Android"],
  ["Windows", "Windows"],
  ["Mac OS X", "Mac"],
  ["CrOS", "ChromeOS"],
  ["Linux", "Linux"],
] as const;

/** Reads a `User-Agent`. Only a hint for people: nothing is decided by it. */
export function deviceOf(agent: string): Device {
  const of = (names: readonly (readonly [string, string])[]): string | undefined => names.find(([mark]) => agent.includes(mark))?.[1];
  const { program } = /^(?<program>[\w-]+)\/\S*$/.exec(agent)?.groups ?? {};
  return { browser: of(BROWSERS) ?? program, system: of(SYSTEMS) };
}

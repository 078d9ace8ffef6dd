import { expect, test } from "vitest";
import { deviceOf } from "./device";

const CHROME = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36";
const SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";

test("a device is named as its member would know it", () => {
  expect(deviceOf(CHROME)).toEqual({ browser: "Chrome", system: "Android" });
  expect(deviceOf(SAFARI)).toEqual({ browser: "Safari", system: "iPhone" });
  expect(deviceOf(CHROME.replace("Mobile", "Mobile Edg/142.0")).browser).toBe("Edge");
  expect(deviceOf("apis-demo/0.1")).toEqual({ browser: "apis-demo", system: undefined });
  expect(deviceOf("")).toEqual({ browser: undefined, system: undefined });
});

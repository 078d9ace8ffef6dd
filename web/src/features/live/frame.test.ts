import { expect, test } from "vitest";
import { readFrame, readTracks } from "./frame";

function message(version: number, length: number, jpeg: number[]): ArrayBuffer {
  const bytes = new Uint8Array(24 + jpeg.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, version);
  view.setUint32(4, length, true);
  view.setBigUint64(8, 7n, true);
  view.setBigUint64(16, 2_000_001n, true);
  bytes.set(jpeg, 24);
  return bytes.buffer;
}

test("a frame is read as the unit wrote it", async () => {
  const frame = readFrame(message(1, 3, [1, 2, 3]));
  expect([frame?.sequence, frame?.captured_us, frame?.jpeg.type]).toEqual([7, 2_000_001, "image/jpeg"]);
  expect([...new Uint8Array((await frame?.jpeg.arrayBuffer()) ?? new ArrayBuffer(0))]).toEqual([1, 2, 3]);
});

test("what is no frame is none", () => {
  for (const bad of [message(2, 3, [1, 2, 3]), message(1, 4, [1, 2, 3]), message(1, 0, []), new ArrayBuffer(5)])
    expect(readFrame(bad)).toBeUndefined();
});

test("tracks are shares of the picture", () => {
  const [seen] = readTracks([[12, 32_768, 16_384, 6_553.6, 0, true]]);
  expect(seen).toEqual({ track: 12, x: 0.5, y: 0.25, width: 0.1, height: 0, is_hornet: true });
  expect(readTracks("nonsense")).toEqual([]);
  expect(readTracks([[1, 2]])).toEqual([]);
});

// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { mergeLayers } from "../../../src/inventory/image/merge.ts";
import { ByteReader } from "../../../src/linux/tar/byte-reader.ts";
import { absolutePath, type Layer, readLayer } from "../../../src/linux/tar/layer.ts";

interface Member {
  readonly path: string;
  readonly type?: string;
  readonly mode?: number;
  readonly size?: number;
  readonly content?: Buffer;
  readonly link?: string;
}

/** A header block with its checksum, and the content in blocks. */
function member({
  path,
  type = "0",
  mode = 0o755,
  content = Buffer.alloc(0),
  ...parts
}: Member): Buffer {
  const block = Buffer.alloc(512);
  block.write(path, 0, 100, "latin1");
  block.write(`${mode.toString(8).padStart(7, "0")}\0`, 100);
  block.write("0000000\0", 108);
  block.write("0000000\0", 116);
  block.write(`${(parts.size ?? content.length).toString(8).padStart(11, "0")}\0`, 124);
  block.write(type, 156);
  block.write(parts.link ?? "", 157, 100, "latin1");
  block.write("ustar\0", 257);
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([block, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

function pax(records: Readonly<Record<string, Buffer | string>>): Buffer {
  const parts = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from("\n")]);
    let length = rest.length + 1;
    while (String(length).length + rest.length !== length) length++;
    return Buffer.concat([Buffer.from(String(length)), rest]);
  });
  return member({ path: "pax", type: "x", content: Buffer.concat(parts) });
}

const END = Buffer.alloc(1024);
const SETUID_BYTES = Buffer.from("0100000280000000000000000000000000000000", "hex");

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = (members: readonly Buffer[], size = 1000): Promise<Layer> =>
  readLayer(inPieces(Buffer.concat([...members, END]), size));

describe("an archive", () => {
  test.each([1, 511, 512, 513, 100_000])("is read alike in pieces of %p bytes", async (size) => {
    const members = [
      member({ path: "./bin/plain", content: Buffer.alloc(700, "x") }),
      pax({ path: "usr/bin/\u65e5", "SCHILY.xattr.security.capability": SETUID_BYTES }),
      member({ path: "short", content: Buffer.from("#!/bin/sh\n") }),
      member({ path: "bin/su", mode: 0o4755 }),
      member({ path: "bin/su2", type: "1", link: "bin/su" }),
      member({ path: "bin", type: "5", mode: 0o2755 }),
    ];
    const layer = await read(members, size);
    expect(layer.files.map(({ path, mode, isScript }) => [path, mode, isScript])).toEqual([
      ["/usr/bin/\u65e5", 0o755, true],
      ["/bin/su", 0o4755, false],
    ]);
    // The bytes of an attribute are no text: CAP_SETUID is bit 7.
    expect(layer.files[0]!.attribute).toEqual(SETUID_BYTES);
    expect([...layer.links]).toEqual([["/bin/su2", "/bin/su"]]);
  });

  test("of GNU tar has long names, and libarchive's attributes are base64", async () => {
    const long = `usr/${"x".repeat(200)}/tool`;
    const layer = await read([
      member({ path: "././@LongLink", type: "L", content: Buffer.from(`${long}\0`) }),
      pax({ "LIBARCHIVE.xattr.security.capability": SETUID_BYTES.toString("base64") }),
      member({ path: long.slice(0, 99) }),
    ]);
    expect(layer.files.map(({ path }) => path)).toEqual([`/${long}`]);
    expect(layer.files[0]!.attribute).toEqual(SETUID_BYTES);
  });

  test("that has a path twice has the later one", async () => {
    const twice = [member({ path: "a", mode: 0o4755 }), member({ path: "./a", mode: 0o755 })];
    expect((await read(twice)).files).toEqual([]);
  });

  test("whose paths lead out of it has those counted, and nothing else of them", async () => {
    const layer = await read([
      member({ path: "../../etc/su", mode: 0o4755 }),
      member({ path: "a/../../su", mode: 0o4755 }),
      member({ path: "/bin/su", mode: 0o4755 }),
    ]);
    expect([layer.escaping, layer.files.map(({ path }) => path)]).toEqual([2, ["/bin/su"]]);
  });

  const whole = member({ path: "a", content: Buffer.alloc(600) });
  test.each([
    ["that ends in a header", Buffer.concat([whole, Buffer.alloc(100, 1)])],
    ["that ends in a content", whole.subarray(0, 700)],
    ["with a wrong checksum", Buffer.concat([Buffer.from("b"), whole.subarray(1), END])],
    ["that promises more than there is", member({ path: "a", size: 8 ** 11 - 1 })],
    ["with a size that is no number", Buffer.from(whole).fill("9", 124, 135)],
    ["with a huge extended header", member({ path: "x", type: "x", size: 2 ** 30 })],
    [
      "with a record of length 0",
      member({ path: "x", type: "x", content: Buffer.from("0 a=b\n") }),
    ],
    [
      "with a record that is too long",
      member({ path: "x", type: "x", content: Buffer.from("99 a=b\n") }),
    ],
    [
      "with a negative size in a record",
      Buffer.concat([pax({ size: "-1" }), member({ path: "a" })]),
    ],
  ])("%s is refused", async (_, bytes) => {
    await expect(readLayer(inPieces(bytes, 512))).rejects.toThrow();
  });
});

test("a stream without end is given up", async () => {
  const reader = new ByteReader(inPieces(Buffer.alloc(10_000), 100), 5000);
  expect((await reader.take(4000))!.length).toBe(4000);
  await expect(reader.take(4000)).rejects.toThrow("larger than");
});

test("paths become absolute, and lose what says nothing", () => {
  expect(["./a", "a//b/", "/a/./b", "", "."].map(absolutePath)).toEqual([
    "/a",
    "/a/b",
    "/a/b",
    "/",
    "/",
  ]);
  expect(["..", "a/..", "../a"].map(absolutePath)).toEqual([null, null, null]);
});

describe("layers, one over the other", () => {
  const merged = async (...layers: readonly (readonly Buffer[])[]): Promise<readonly string[]> => {
    const all = await Promise.all(layers.map((members) => read(members)));
    return mergeLayers(all).map(({ file, otherPaths, layer }) =>
      [file.path, ...otherPaths, layer].join(" "),
    );
  };
  const su = (path: string): Buffer => member({ path, mode: 0o4755 });
  const lower = [
    su("a/su"),
    su("a/b/su"),
    su("c/su"),
    member({ path: "c/su2", type: "1", link: "c/su" }),
  ];

  test("add up", async () => {
    expect(await merged(lower, [su("d")])).toEqual([
      "/a/su 1",
      "/a/b/su 1",
      "/c/su /c/su2 1",
      "/d 2",
    ]);
  });

  test("lose what a whiteout removes, with what is inside, and one name of two", async () => {
    expect(
      await merged(lower, [member({ path: "a/.wh.b" }), member({ path: "c/.wh.su" })]),
    ).toEqual(["/a/su 1", "/c/su2 1"]);
    expect(await merged(lower, [member({ path: ".wh.a" })])).toEqual(["/c/su /c/su2 1"]);
  });

  test("lose what an opaque directory hides, but not what its own layer has", async () => {
    const upper = [member({ path: "a/.wh..wh..opq" }), su("a/new")];
    expect(await merged(lower, upper)).toEqual(["/c/su /c/su2 1", "/a/new 2"]);
  });

  test("lose what is replaced, also by a file in the place of a directory", async () => {
    expect(await merged(lower, [member({ path: "a/su" }), member({ path: "c" })])).toEqual([
      "/a/b/su 1",
    ]);
    expect(await merged(lower, [member({ path: "a", type: "5" })])).toHaveLength(3);
  });
});

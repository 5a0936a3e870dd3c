// SPDX-License-Identifier: Apache-2.0
import { realpathSync } from "node:fs";
import type { UserFrame } from "../../../src/linux/bpf/observation.ts";
import { runTool, symbolOf } from "./compiled.ts";

export type FileFrame = UserFrame & { readonly kind: "file" };

/** No process has this pid. */
export const NOBODY = { pid: 2 ** 22 + 1, exe: null };

export const address = (value: bigint): UserFrame => ({ kind: "address", address: value });

/** What the kernel gives for a call near the start of a function, as binutils tells it. */
export function frameIn(file: string, name: string): FileFrame {
  return frameAt(file, symbolOf(file, name).address);
}

/** The same for a function that starts at this address of the file. */
export function frameAt(file: string, start: number): FileFrame {
  const [, buildId = ""] = /Build ID: (\w+)/.exec(runTool("readelf", "-nW", file)) ?? [];
  const headers = runTool("readelf", "-lW", file);
  const [, offset, code] = /LOAD +(0x\w+) (0x\w+) .*R E/.exec(headers) ?? [];
  return { kind: "file", buildId, offset: BigInt(start - Number(code) + Number(offset) + 2) };
}

/** Path of the C library that a program uses. */
export function libraryOf(program: string): string {
  const [, path] = /=> (\/\S*\/libc[.-]\S+)/.exec(runTool("ldd", program)) ?? [];
  return realpathSync(path ?? "");
}

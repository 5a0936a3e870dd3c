// SPDX-License-Identifier: Apache-2.0
// Holds the rules of src/trace against a kernel's source: that each function is there, and what asks for
// a capability besides. Usage: bun scripts/check-kernel-rows.ts VERSION DIRECTORY [FOLDER...]
// VERSION is 6.1, 6.12 or 7.3; the folders are those whose unexplained callers are listed.
import { existsSync, readFileSync } from "node:fs";
import { Glob } from "bun";
import { FALLBACKS } from "../src/trace/fallback-places.ts";
import { GATE_PLACES } from "../src/trace/gate-places.ts";

const VERSIONS: readonly string[] = ["6.1", "6.12", "7.3"];
const ROWS = [...FALLBACKS, ...GATE_PLACES];
const ASKING = /\b(?:\w*capable\w*|has_capability\w*|has_ns_capability\w*)\s*\(/;
const [version = "", directory = "", ...folders] = process.argv.slice(2);

/** Whether the row says that this version has it. */
function isOf({ since, until }: (typeof ROWS)[number]): boolean {
  const at = VERSIONS.indexOf(version);
  return at >= VERSIONS.indexOf(since ?? "6.1") && at <= VERSIONS.indexOf(until ?? "7.3");
}

function readSource(file: string): string {
  const path = `${directory}/${file}`;
  return existsSync(path) ? readFileSync(path, "latin1") : "";
}

function defines(text: string, name: string): boolean {
  const call = name.replace(/^sys_/, "");
  return (
    new RegExp(String.raw`^[a-zA-Z_][\w \t*]*?\b${name}\s*\(`, "m").test(text) ||
    new RegExp(String.raw`SYSCALL_DEFINE\d\(${call}\b`).test(text) ||
    new RegExp(String.raw`^${name}\s*\(`, "m").test(text)
  );
}

/** Functions of a file that call a capability function, roughly: kernel code begins them in column 1. */
function callersIn(text: string): readonly string[] {
  const found = new Set<string>();
  let current = "";
  for (const line of text.replaceAll(/\/\*[\s\S]*?\*\//g, "").split("\n")) {
    const call = /^\w*SYSCALL_DEFINE\d\((\w+)/.exec(line)?.[1];
    const name = /^[a-zA-Z_][\w \t*]*?\b(\w+)\s*\(/.exec(line)?.[1] ?? /^(\w+)\(/.exec(line)?.[1];
    if (call !== undefined) current = `sys_${call}`;
    else if (name !== undefined && !line.trimEnd().endsWith(";")) current = name;
    else if (/^\s/.test(line) && ASKING.test(line)) found.add(current);
  }
  return [...found];
}

if (!VERSIONS.includes(version) || !existsSync(`${directory}/Makefile`)) {
  console.error("usage: bun scripts/check-kernel-rows.ts 6.1|6.12|7.3 DIRECTORY [FOLDER...]");
  process.exit(2);
}
let missing = 0;
for (const row of ROWS.filter(isOf)) {
  const texts = row.source.split(", ").map(readSource);
  if (row.functions.some((name) => texts.some((text) => defines(text, name)))) continue;
  missing++;
  console.log(`missing: ${row.functions.join(" ")} in ${row.source}`);
}
const known = new Set(ROWS.flatMap(({ functions }) => functions));
for (const folder of folders) {
  for (const file of new Glob("**/*.c").scanSync(`${directory}/${folder}`)) {
    const callers = callersIn(readSource(`${folder}/${file}`)).filter((name) => !known.has(name));
    if (callers.length > 0) console.log(`without a row: ${folder}/${file}: ${callers.join(" ")}`);
  }
}
console.log(`${ROWS.filter(isOf).length} rows, ${missing} missing`);
process.exitCode = missing > 0 ? 1 : 0;

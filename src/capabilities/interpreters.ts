// SPDX-License-Identifier: Apache-2.0

const INTERPRETER =
  /^(?:(?:python|perl|ruby|node|php|lua|tclsh|guile)[\d.]*|(?:ba|da|z|k|mk|c|tc|fi|a)?sh|busybox|java|deno|bun|[gm]?awk)$/;

/** True for a program that runs scripts: what it is given, every script is given. */
export function isInterpreter(program: string): boolean {
  return INTERPRETER.test(basename(program));
}

/** True for a Python of any version. */
export function isPython(program: string): boolean {
  return /^python[\d.]*$/.test(basename(program));
}

function basename(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

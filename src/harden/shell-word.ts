// SPDX-License-Identifier: Apache-2.0

/**
 * Quotes a path for a POSIX shell; null for one that has to be left out: it holds a control
 * character, a blank other than U+0020 or something else that is not seen as what it is.
 */
export function shellWord(path: string): string | null {
  if (!isWritable(path)) return null;
  return isPlainWord(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

/** True for text that no shell, and no file of words, takes for anything else. */
export function isPlainWord(text: string): boolean {
  return /^[\w@%+=:,./-]+$/.test(text);
}

/** True for text of visible characters and U+0020 alone, which any configuration can hold. */
function isWritable(text: string): boolean {
  return WRITABLE.test(text);
}

const WRITABLE = /^(?:[\x20-\x7e]|(?!\p{DI})[\p{L}\p{N}\p{M}])+$/u;

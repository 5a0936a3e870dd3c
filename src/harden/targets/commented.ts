// SPDX-License-Identifier: Apache-2.0

/** Of a comment, its sign included. */
const WIDTH = 100;

/** Our own words as comments of at most 100 columns; nothing that the system names is in them. */
export function commented(text: string): readonly string[] {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > WIDTH && line !== "#") {
      lines.push(line);
      line = "#";
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

/** A sentence begins with a capital letter, but not the name of a call. */
export function capitalised(text: string): string {
  return /^\w+\(/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

// SPDX-License-Identifier: Apache-2.0
import type { AuditField, AuditRule, ShellCommand, Word } from "./model.ts";
import { partOf, type Region } from "./region.ts";
import { plainWords, programOf } from "./shell/commands.ts";

/** Options of auditctl(8) that take a value. */
const WITH_VALUE: ReadonlySet<string> = new Set(
  "-a -A -d -F -C -S -w -W -p -k -b -e -f -r -R -t -q -m --backlog_wait_time".split(" "),
);

/** Reads a file of /etc/audit/rules.d: one rule a line, "#" comments whole lines. */
export function readAuditRules(region: Region): readonly AuditRule[] {
  const rules: AuditRule[] = [];
  let start = 0;
  for (const line of region.text.split("\n")) {
    const rule = /^\s*(?:#|$)/.test(line)
      ? null
      : ruleOf(plainWords(partOf(region, start, start + line.length)));
    if (rule !== null) rules.push(rule);
    start += line.length + 1;
  }
  return rules;
}

/** The rule that an auditctl command adds; null for any other command. */
export function readAuditCommand(command: ShellCommand): AuditRule | null {
  return programOf(command) === "auditctl" ? ruleOf(command.words.slice(1)) : null;
}

/** Null for what adds no rule: -D, -b, -e, -l ... */
function ruleOf(words: readonly Word[]): AuditRule | null {
  const options = readOptions(words);
  const last = (...names: readonly string[]): Word | null =>
    options.findLast(({ name }) => names.includes(name))?.value ?? null;
  const all = (name: string): readonly Word[] =>
    options.flatMap((option) => (option.name === name ? (option.value ?? []) : []));
  const filter = last("-a", "-A");
  const watch = last("-w");
  const [first] = words;
  const end = words.at(-1);
  if ((filter === null && watch === null) || first === undefined || end === undefined) return null;
  const fields = all("-F").flatMap((word) => fieldOf(word) ?? []);
  const keyField = fields.findLast(({ name }) => name === "key");
  return {
    filter,
    watch,
    permissions: last("-p"),
    syscalls: all("-S").flatMap(splitList),
    fields,
    key: last("-k") ?? (keyField === undefined ? null : { ...keyField, text: keyField.value }),
    start: first.start,
    end: end.end,
  };
}

interface Option {
  readonly name: string;
  readonly value: Word | null;
}

function readOptions(words: readonly Word[]): readonly Option[] {
  const options: Option[] = [];
  for (let at = 0; at < words.length; at++) {
    const name = words[at]?.text ?? "";
    if (!name.startsWith("-")) continue;
    const takesValue = WITH_VALUE.has(name);
    options.push({ name, value: takesValue ? (words[at + 1] ?? null) : null });
    if (takesValue) at++;
  }
  return options;
}

function fieldOf(word: Word): AuditField | null {
  const [, name = "", operator = "", value = ""] =
    /^([A-Za-z_0-9]+)(!=|>=|<=|&=|=|>|<|&)(.*)$/s.exec(word.text) ?? [];
  return name === "" ? null : { ...word, name, operator, value };
}

/** "-S setuid,setgid"; the parts have places where the word has no quotes. */
function splitList(word: Word): readonly Word[] {
  const isPlain = word.end - word.start === word.text.length;
  let start = word.start;
  return word.text.split(",").map((text) => {
    const part = isPlain ? { text, start, end: start + text.length } : { ...word, text };
    start += text.length + 1;
    return part;
  });
}

// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "../../capabilities/names.ts";
import { parseCapabilityNames } from "../../capabilities/parse-names.ts";
import { capabilityNames } from "../../capabilities/set.ts";
import type { Word } from "../../manifest/model.ts";
import { readAssignment } from "../../manifest/systemd/unit-text.ts";
import { type Flaw, flaw, type Rule } from "../rule.ts";

/** What texts say of capabilities, and is not so. */
export const CLAIM_RULES: readonly Rule[] = [
  {
    id: "mask-and-names-differ",
    severity: "error",
    title: "a mask beside names that it does not stand for",
    why: "Who compares a process with the wrong one of the two finds a difference where there is none, or none where there is one.",
    fix: "capscope decode shows what a mask stands for",
    source: "kernel, include/uapi/linux/capability.h",
    check: (_manifest, { text }) => maskFlaws(text),
  },
  {
    id: "claim-number-of-capabilities",
    severity: "warning",
    title: "a number of capabilities that is not that of today's kernels",
    why: "Linux has 41 capabilities since 5.9: 38 until 5.7, then CAP_PERFMON and CAP_BPF (5.8), CAP_CHECKPOINT_RESTORE (5.9). A list of fewer leaves them out.",
    fix: "write 41, or take the number from /proc/sys/kernel/cap_last_cap",
    source: "kernel, include/uapi/linux/capability.h, CAP_LAST_CAP",
    check: ({ prose }) => prose.flatMap(wrongNumber),
  },
  {
    id: "claim-no-new-privileges-capset",
    severity: "error",
    title: "capset is not blocked by no_new_privs",
    why: "no_new_privs changes what execve() grants. A process with it can still raise, drop and move what is in its permitted set.",
    fix: "a seccomp filter blocks capset (SystemCallFilter=~capset); an empty permitted set makes it pointless",
    source:
      "PR_SET_NO_NEW_PRIVS(2const); kernel, Documentation/userspace-api/no_new_privs.rst; tried on Linux 6.18",
    check: ({ prose }) => prose.flatMap(capsetClaim),
  },
  {
    id: "claim-ambient-and-setuid",
    severity: "error",
    title: "ambient capabilities do not add to what a setuid program gets",
    why: "execve() of a setuid or setgid program, or of one with file capabilities, clears the ambient set.",
    fix: "say that it loses them",
    source: "capabilities(7), Ambient; kernel, security/commoncap.c, cap_bprm_creds_from_file()",
    check: ({ prose }) => prose.flatMap(ambientClaim),
  },
  {
    id: "prose-lock-without-bit",
    severity: "error",
    title: "a text that recommends a lock of a secure bit without the bit",
    why: "noroot-locked and no-setuid-fixup-locked fix the bit as it is: alone they keep it off for good.",
    fix: "name the bit as well: SecureBits=noroot noroot-locked",
    source: "capabilities(7), The securebits flags; tried with systemd 252",
    check: ({ prose }) => prose.flatMap(proseLocks),
  },
];

const NAME = /^(?:cap_)?[a-z][a-z_]*[a-z]$/i;

/** "00000000000020e0 (kill + setuid)", "0x400=cap_net_raw", "a0 = cap_chown, cap_kill". */
function maskFlaws(text: string): readonly Flaw[] {
  const pattern =
    /(?<![0-9a-zA-Z_:./-])(?:0x)?([0-9a-f]{4,16})\b[ \t]*(?:\(([^()\n]*)\)|[=:][ \t]*(cap_[a-z_]+(?:[ \t,]+cap_[a-z_]+)*)(?![+=\w]))/gi;
  return [...text.matchAll(pattern)].flatMap((match) => {
    const [whole, digits = "", inner, list] = match;
    const names = (inner ?? list ?? "")
      .split(/[\s,+|&]+|\band\b/)
      .filter((word) => word !== "" && word !== "=");
    const isList = names.length > 0 && names.every((name) => NAME.test(name) && isCapability(name));
    if (!isList || !isMask(whole, digits)) return [];
    const mask = BigInt(`0x${digits}`);
    if (mask === parseCapabilityNames(names.join(" "))) return [];
    const start = match.index;
    const right = parseCapabilityNames(names.join(" ")) ?? 0n;
    return [
      flaw(
        { start, end: start + whole.length },
        `${digits} is ${capabilityNames(mask).join(", ") || "the empty set"}; these names are 0x${right.toString(16)}`,
      ),
    ];
  });
}

/** Decimal numbers and years are no masks. */
function isMask(whole: string, digits: string): boolean {
  return /^0x/i.test(whole) || digits.length >= 8;
}

function isCapability(name: string): boolean {
  return CAPABILITY_NAMES.includes(name.toLowerCase().replace(/^cap_/, ""));
}

function wrongNumber({ text, start }: Word): readonly Flaw[] {
  const pattern =
    /\b(?:all\s+|(?:into|has|have|knows?|defines?|are|of)\s+(?:about\s+)?)(\d\d)\s+(?:(?:linux|discrete|distinct|different|separate|individual|independent|possible|kernel)\s+)*(?:capabilities|(?:discrete|distinct|separate|individual)\s+\w+)/gi;
  if (!/capabilit/i.test(text)) return [];
  return [...text.matchAll(pattern)].flatMap((match) => {
    const number = Number(match[1]);
    if (number < 30 || number >= CAPABILITY_NAMES.length) return [];
    const at = start + match.index;
    return [
      flaw(
        { start: at, end: at + match[0].length },
        `Linux has ${CAPABILITY_NAMES.length} capabilities, not ${number}`,
      ),
    ];
  });
}

/** People do not write longer ones; a search for words in any order would take too long there. */
const LONGEST_LINE = 2000;

const NEGATED = /\b(?:not|never|cannot|can't|does ?n[o']t|is ?n[o']t|no effect|still)\b/i;

/** In a table the subject may be on the line before. */
function capsetClaim(word: Word, at: number, lines: readonly Word[]): readonly Flaw[] {
  const claim =
    /\b(?:blocked|prevented|denied|forbidden|stopped|disabled)\s+by\s+(?:NoNewPrivileges|no_?-?new_?-?priv)/i.exec(
      word.text,
    );
  const active =
    /(?:NoNewPrivileges|no_?-?new_?-?priv)\S*\s+(?:\w+\s+)?(?:blocks?|prevents?|denies|forbids?|stops?|disables?)\s+[^.]{0,40}\bcapset\b/i.exec(
      word.text,
    );
  const subject = `${lines[at - 1]?.text ?? ""} ${word.text}`;
  const found = active ?? (claim !== null && /\bcapset\b/i.test(subject) ? claim : null);
  if (found === null || NEGATED.test(word.text)) return [];
  const start = word.start + found.index;
  return [flaw({ start, end: start + found[0].length }, "capset works under no_new_privs")];
}

function ambientClaim(word: Word): readonly Flaw[] {
  if (word.text.length > LONGEST_LINE) return [];
  const found =
    /ambient\b[^.|]*\bexec\w*\b[^.|]*\b(?:setuid|setgid|set-user-id|file[- ]capabilit\w+)\b[^.|]*\b(?:combines?|keeps?|retains?|accumulates?|merges?|adds?)\b/i.exec(
      word.text,
    );
  if (found === null || NEGATED.test(found[0])) return [];
  const start = word.start + found.index;
  return [
    flaw(
      { start, end: start + found[0].length },
      "executing a setuid program clears the ambient set",
    ),
  ];
}

function proseLocks({ text, start }: Word): readonly Flaw[] {
  return [...text.matchAll(/SecureBits=([a-z-]+(?: [a-z-]+-locked|-locked)*)/g)].flatMap(
    (match) => {
      const region = { text: match[0], place: (at: number) => start + match.index + at };
      const { words } = readAssignment(region);
      const texts = words.map((word) => word.text);
      return words
        .filter((word) => /^(?:noroot|no-setuid-fixup)-locked$/.test(word.text))
        .filter((word) => !texts.includes(word.text.replace("-locked", "")))
        .map((word) =>
          flaw(word, `${word.text} alone keeps ${word.text.replace("-locked", "")} off for good`),
        );
    },
  );
}

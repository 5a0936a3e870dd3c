// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "../../capabilities/names.ts";
import type { Manifest, UnitAssignment, UnitDeclaration, Word } from "../../manifest/model.ts";
import { SECURE_BITS } from "../../manifest/systemd/values.ts";
import { type Flaw, flaw, replacement, type Rule } from "../rule.ts";

const LISTS = ["CapabilityBoundingSet", "AmbientCapabilities"];

/** Mistakes in the words and keys of units, which systemd passes over without a word. */
export const SYSTEMD_NAME_RULES: readonly Rule[] = [
  {
    id: "systemd-bare-capability-name",
    severity: "error",
    title: "a capability without CAP_ in a unit",
    why: "systemd knows capabilities by their whole name, CAP_NET_ADMIN in any case, and skips every other word without a message. A list of such words is empty: CapabilityBoundingSet= then takes everything away, AmbientCapabilities= gives nothing.",
    fix: "write the name with CAP_",
    source: "systemd, src/basic/capability-util.c, capability_set_from_string(); systemd.exec(5)",
    check: (manifest) =>
      listWords(manifest).flatMap(({ key, word }) =>
        isBareName(word.text) ? [bareName(key, word)] : [],
      ),
  },
  {
    id: "systemd-unknown-capability",
    severity: "error",
    title: "a word in a unit's list of capabilities that is none",
    why: "systemd skips words that it does not know without a message, also with systemd-analyze verify. The names are separated by blanks alone; ~ counts only as the first character of the whole value; ALL, none and the display labels of systemd-analyze security are no values.",
    fix: "list names such as CAP_NET_ADMIN, with blanks between them",
    source:
      "systemd, src/core/load-fragment.c, config_parse_capability_set(); tried with systemd 252; degoog-org/degoog issue 289",
    check: (manifest) =>
      listWords(manifest).flatMap(({ key, word }) =>
        isKnown(word.text) || isBareName(word.text) ? [] : [unknownWord(key, word)],
      ),
  },
  {
    id: "systemd-unknown-secure-bit",
    severity: "error",
    title: "a word in SecureBits= that is no secure bit",
    why: "systemd knows keep-caps, no-setuid-fixup and noroot, each also with -locked, separated by blanks, and skips every other word without a message: no bit is set.",
    fix: "write the bits as systemd.exec(5) has them, with blanks between them",
    source:
      "systemd, src/shared/securebits-util.c, secure_bits_from_string(); tried with systemd 252",
    check: (manifest) => assignmentsOf(manifest, ["SecureBits"]).flatMap(unknownBits),
  },
  {
    id: "systemd-misspelled-key",
    severity: "error",
    title: "a key that systemd does not know",
    why: "Keys are compared letter by letter. systemd logs that it ignores an unknown one, and starts the service without the limit.",
    fix: "write the key as systemd.exec(5) has it",
    source: "systemd.exec(5), systemd.syntax(7)",
    check: (manifest) => manifest.units.flatMap((unit) => unit.assignments.flatMap(misspelledKey)),
  },
  {
    id: "systemd-wrong-section",
    severity: "error",
    title: "a setting of processes in a section that has none",
    why: "CapabilityBoundingSet= and its like belong to the section that starts processes. In [Unit] or [Install] systemd ignores them.",
    fix: "move it to [Service] (or [Socket], [Mount], [Swap])",
    source: "systemd.exec(5)",
    check: (manifest) =>
      manifest.units
        .flatMap((unit) => unit.assignments)
        .filter(({ section, key }) => KEYS.includes(key) && /^(?:Unit|Install)$/.test(section))
        .map(({ section, key, keySpan }) =>
          flaw(keySpan, `${key}= in [${section}]: systemd ignores it there`),
        ),
  },
];

const KEYS = [...LISTS, "SecureBits", "NoNewPrivileges"];

function assignmentsOf({ units }: Manifest, keys: readonly string[]): readonly UnitAssignment[] {
  return units.flatMap((unit: UnitDeclaration) =>
    unit.assignments.filter(({ key }) => keys.includes(key)),
  );
}

interface ListWord {
  readonly key: string;
  readonly word: Word;
}

/** Words of the lists, the first without its "~". */
function listWords(manifest: Manifest): readonly ListWord[] {
  return assignmentsOf(manifest, LISTS).flatMap(({ key, words }) =>
    words.flatMap((word, at) => {
      const isInverted = at === 0 && word.text.startsWith("~");
      const text = isInverted ? word.text.slice(1) : word.text;
      if (text === "" || text.includes("%")) return [];
      return [{ key, word: { text, start: word.start + (isInverted ? 1 : 0), end: word.end } }];
    }),
  );
}

/** What systemd takes: CAP_NAME, and numbers. */
function isKnown(text: string): boolean {
  return /^\d+$/.test(text) ? Number(text) <= 62 : isName(text.toLowerCase().replace(/^cap_/, "!"));
}

function isName(marked: string): boolean {
  return marked.startsWith("!") && CAPABILITY_NAMES.includes(marked.slice(1));
}

function isBareName(text: string): boolean {
  return CAPABILITY_NAMES.includes(text.toLowerCase());
}

function bareName(key: string, word: Word): Flaw {
  const name = `CAP_${word.text.toUpperCase()}`;
  return replacement(word, `${key}=: systemd does not know ${word.text} and skips it`, name);
}

function unknownWord(key: string, word: Word): Flaw {
  const parts = word.text.split(/[,|;]+/).filter((part) => part !== "");
  const names = parts.map((part) =>
    isBareName(part) ? `CAP_${part.toUpperCase()}` : isKnown(part) ? part : null,
  );
  const skipped = `${key}=: systemd does not know ${word.text} and skips it`;
  if (parts.length > 0 && names.every((name) => name !== null) && parts.join("") !== word.text) {
    return replacement(word, `${skipped}: names are separated by blanks`, names.join(" "));
  }
  return flaw(word, `${skipped}${unknownReason(word.text)}`);
}

function unknownReason(text: string): string {
  if (text.startsWith("~")) return ": ~ counts only at the very beginning of the value";
  if (/^(?:cap_)?\(.*\)$|\(/i.test(text)) return ": it is a label of systemd-analyze security";
  if (/^(?:cap_)?all$/i.test(text)) return ": ~ alone stands for all capabilities";
  if (/^(?:none|empty)$/i.test(text)) return ": an empty value stands for none";
  if (/^0x/i.test(text)) return ": masks are no values";
  return "";
}

const BIT_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  SECURE_BITS.map((bit) => [bit.replaceAll("-", ""), bit]),
);

function unknownBits({ words }: UnitAssignment): readonly Flaw[] {
  return words
    .filter(({ text }) => !SECURE_BITS.includes(text))
    .map((word) => {
      const bits = word.text
        .split(/[,|]+/)
        .filter((part) => part !== "")
        .map(
          (part) =>
            BIT_NAMES[
              part
                .toLowerCase()
                .replace(/^secbit_/, "")
                .replaceAll(/[-_]/g, "")
            ],
        );
      const message = `SecureBits=: systemd does not know ${word.text} and sets no bit for it`;
      return bits.length > 0 && bits.every((bit) => bit !== undefined)
        ? replacement(word, message, bits.join(" "))
        : flaw(word, message);
    });
}

/** Keys that people write, and what they mean; null for what is gone. */
const MISSPELLED: Readonly<Record<string, string | null>> = {
  capabilities: null,
  capabilitiesboundingset: "CapabilityBoundingSet",
  capabilityboundingsets: "CapabilityBoundingSet",
  capabilityboundset: "CapabilityBoundingSet",
  boundingset: "CapabilityBoundingSet",
  capabilityambientset: "AmbientCapabilities",
  ambientcapability: "AmbientCapabilities",
  ambientcapabilityset: "AmbientCapabilities",
  capabilitiesambient: "AmbientCapabilities",
  nonewprivs: "NoNewPrivileges",
  nonewprivilege: "NoNewPrivileges",
  securebit: "SecureBits",
  ...Object.fromEntries(KEYS.map((key) => [key.toLowerCase(), key])),
};

function misspelledKey({ key, keySpan, section }: UnitAssignment): readonly Flaw[] {
  if (KEYS.includes(key) || section === "Container" || section.startsWith("X-")) return [];
  const meant = MISSPELLED[key.toLowerCase().replaceAll(/[-_]/g, "")];
  if (meant === undefined) return [];
  return meant === null
    ? [
        flaw(keySpan, "Capabilities= was removed from systemd, and is ignored", {
          fix: "use AmbientCapabilities= for what the service is given, CapabilityBoundingSet= for what it may have",
        }),
      ]
    : [replacement(keySpan, `systemd does not know ${key}= and ignores it`, meant)];
}

// SPDX-License-Identifier: Apache-2.0
import { constantName } from "../capabilities/spelling.ts";
import type { Basis, Configuration, GrantedCapability } from "../harden/model.ts";
import { BASES } from "../harden/model.ts";
import { VERSION } from "../version.ts";
import { escapeText } from "./text/escape.ts";
import { wrapText } from "./text/wrap.ts";
import { count } from "./trace/phrases.ts";

/** Of a comment, its sign included. */
const WIDTH = 96;

/**
 * Renders a configuration as the file that it is: below a header of comments that says where the
 * set comes from, what it lacks, and which of its members are proven.
 */
export function renderConfigurationText(configuration: Configuration): string {
  const { comment, lines } = configuration;
  const header = headerOf(configuration).map((line) =>
    line === "" ? comment : `${comment} ${line}`,
  );
  return [...header, "", ...lines].map((line) => `${line}\n`).join("");
}

function headerOf({
  place,
  title,
  source,
  capabilities,
  coverage,
  notes,
}: Configuration): readonly string[] {
  return [
    ...(place === null ? [] : [place]),
    ...paragraph(`${title}, written by capscope ${VERSION} ${sourceText(source)}.`),
    ...(coverage.complete ? [] : ["INCOMPLETE: something was lost or could not be seen."]),
    ...coverage.gaps.flatMap((gap) => paragraph(`Attention: ${gap}`)),
    "",
    ...(capabilities.length === 0 ? ["It grants no capability."] : []),
    ...BASES.flatMap((basis) => basisLines(basis, capabilities)),
    ...(notes.length === 0 ? [] : [""]),
    ...notes.flatMap((note) => paragraph(`- ${note}`, "  ")),
  ];
}

function sourceText(source: Configuration["source"]): string {
  switch (source.kind) {
    case "profile":
      return `from a profile of ${count(source.runs, "run")}: ${source.host.name}, Linux ${source.host.kernel}, ${source.time}`;
    case "unit":
      return `from what ${source.unit} has now`;
    case "list":
      return "from a list of capabilities";
  }
}

const BASIS_TITLES: Readonly<Record<Basis, string>> = {
  proven: "Proven by re-runs, for what these runs did:",
  evidence: "By evidence of a trace, not proven: what was not exercised was not seen:",
  untested: "Untested:",
};

function basisLines(basis: Basis, all: readonly GrantedCapability[]): readonly string[] {
  const members = all.filter((each) => each.basis === basis);
  if (members.length === 0) return [];
  return [
    BASIS_TITLES[basis],
    ...members.flatMap(({ capability, reason }) =>
      paragraph(`  ${constantName(capability)}: ${reason}`, "    "),
    ),
  ];
}

/** Names of the system are escaped; a line never ends so that a language goes on with the next. */
function paragraph(text: string, hanging = ""): readonly string[] {
  const lines = wrapText(escapeText(text), WIDTH - hanging.length);
  return lines.map((line, index) => (index === 0 ? line : hanging + line)).map(closed);
}

/** C joins a line that ends with a backslash, or "??/" for one, with the next one. */
function closed(line: string): string {
  return /(?:\\|\?\?\/)$/.test(line) ? `${line}.` : line;
}

// SPDX-License-Identifier: Apache-2.0
import type { ManifestKind } from "./model.ts";

const UNIT_ENDINGS =
  /\.(?:service|socket|mount|swap|slice|scope|timer|path|automount|target|nspawn)$/;

/** Kinds by the name of a file alone, the first that fits. */
const NAMES: readonly (readonly [RegExp, ManifestKind])[] = [
  [UNIT_ENDINGS, "systemd"],
  [/\.container$/, "quadlet"],
  [/(?:^|\/)(?:Dockerfile|Containerfile)(?:\.[^/]*)?$|\.(?:docker|container)file$/i, "dockerfile"],
  [/\.(?:sh|bash|dash|ksh|zsh|bats)$/, "shell"],
  [/\.(?:md|markdown|mdx|rst|adoc|asciidoc|txt)$/i, "guide"],
];

/** Endings that tell nothing, and names without any: what is in the file tells. */
const OPEN_NAME = /(?:^|\/)[^/.]+$|\.(?:conf|cfg|ini|rules|override)$/i;

/** Endings of files that become another: "web.service.in". */
const PENDING = /\.(?:in|dist|example|sample|orig|template|tmpl|j2)$/i;

/**
 * What a file is, by its name and then by what is in it; null for what is none of it. Drop-ins are
 * .conf, as much else is; a program that has a manifest in it is still a program.
 */
export function detectKind(path: string, text: string): ManifestKind | null {
  const name = path.replace(PENDING, "");
  const named = NAMES.find(([pattern]) => pattern.test(name));
  if (named !== undefined) return named[1];
  if (YAML_NAME.test(name)) return yamlKind(text);
  return OPEN_NAME.test(name) ? sniffKind(text) : null;
}

const YAML_NAME = /\.(?:ya?ml|json)$/i;

/** False for a name that no text can make a known kind. */
export function hasKnownName(path: string): boolean {
  const name = path.replace(PENDING, "");
  return (
    YAML_NAME.test(name) || OPEN_NAME.test(name) || NAMES.some(([pattern]) => pattern.test(name))
  );
}

/** What a piece of text is, by its own look; null for prose and everything else. */
export function sniffKind(text: string): ManifestKind | null {
  if (/^#!.*\b(?:sh|bash|dash|ksh|zsh)\b/.test(text)) return "shell";
  if (/^\s*\[Container\]\s*$/m.test(text)) return "quadlet";
  if (/^\s*\[(?:Unit|Service|Socket|Mount|Swap|Install)\]\s*$/m.test(text)) return "systemd";
  if (/^\s*(?:CapabilityBoundingSet|AmbientCapabilities|SecureBits)\s*=/m.test(text))
    return "systemd";
  if (isAuditRules(text)) return "auditd";
  if (/^\s*FROM\s+\S+/m.test(text) && /^\s*(?:RUN|CMD|ENTRYPOINT|USER|COPY|ADD)\s/m.test(text)) {
    return "dockerfile";
  }
  return yamlKind(text);
}

function yamlKind(text: string): ManifestKind | null {
  if (/^\s*(?:- )?"?apiVersion"?\s*:/m.test(text) && /^\s*(?:- )?"?kind"?\s*:/m.test(text)) {
    return "kubernetes";
  }
  return /^"?services"?\s*:/m.test(text) || /^\{\s*"services"/.test(text) ? "compose" : null;
}

/** Lines that are no comment are all options of auditctl(8), and one of them makes a rule. */
function isAuditRules(text: string): boolean {
  const lines = text.split("\n").filter((line) => !/^\s*(?:#|$)/.test(line));
  const isRule = (line: string): boolean => /^\s*-[aAw]\s+\S/.test(line);
  return lines.some(isRule) && lines.every((line) => /^\s*-{1,2}[a-zA-Z]/.test(line));
}

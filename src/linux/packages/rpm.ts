// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { decodeText, encodeText } from "../bytes.ts";
import type { PackageAnswer, PackagedFile } from "./model.ts";

const RPM = ["/usr/bin/rpm", "/bin/rpm"];
const DATABASES = ["/var/lib/rpm", "/usr/lib/sysimage/rpm"];
const TIME_LIMIT_MS = 30_000;
const BATCH = 64;
const FIELDS = "NAME FILENAMES FILEMODES:octal FILECAPS FILEDIGESTALGO FILEDIGESTS".split(" ");

/** Numbers of hash algorithms (RFC 4880, 9.4), as FILEDIGESTALGO has them. */
const ALGORITHMS: Readonly<Record<string, string>> = {
  "1": "md5",
  "2": "sha1",
  "8": "sha256",
  "9": "sha384",
  "10": "sha512",
};

/** Asks rpm(8), whose database has several formats; it records modes and capabilities too. */
export function askRpm(paths: readonly string[]): PackageAnswer {
  const rpm = RPM.find((path) => existsSync(path));
  const hasDatabase = DATABASES.some((path) => existsSync(path));
  if (rpm === undefined || !hasDatabase) return { managers: [], files: new Map(), failures: [] };
  const files = new Map<string, PackagedFile>();
  const failures: string[] = [];
  for (let at = 0; at < paths.length; at += BATCH) {
    const wanted = paths.slice(at, at + BATCH);
    const answer = query(rpm, wanted);
    if (answer === null) failures.push("asking rpm: it gave no answer");
    else for (const [path, file] of parseRpmAnswer(answer, wanted)) files.set(path, file);
  }
  return { managers: ["rpm"], files, failures };
}

function query(rpm: string, paths: readonly string[]): string | null {
  // "=" repeats the one value that the package has for each of its files.
  const format = `[${FIELDS.map((name) => (/^(?:NAME|FILEDIGESTALGO)$/.test(name) ? `%{=${name}}` : `%{${name}}`)).join("\\t")}\\n]`;
  const { status, stdout, error } = spawnSync(
    rpm,
    ["-qf", "--qf", format, "--", ...paths.map((path) => encodeText(path).toString("latin1"))],
    {
      cwd: "/",
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
      stdio: ["ignore", "pipe", "ignore"],
      timeout: TIME_LIMIT_MS,
      killSignal: "SIGKILL",
      maxBuffer: 256 * 1024 * 1024,
    },
  );
  // 1 and more: so many of the files are in no package.
  return error !== undefined || status === null ? null : decodeText(stdout);
}

/** Lines of files that were not asked for are those of the same package. */
export function parseRpmAnswer(
  answer: string,
  wanted: readonly string[],
): ReadonlyMap<string, PackagedFile> {
  const asked = new Set(wanted);
  const files = new Map<string, PackagedFile>();
  for (const line of answer.split("\n")) {
    const [name, path, mode, capabilities, algorithm, digest] = line.split("\t");
    if (name === undefined || path === undefined || !asked.has(path)) continue;
    files.set(path, {
      manager: "rpm",
      name,
      mode: /^[0-7]+$/.test(mode ?? "") ? Number.parseInt(mode ?? "", 8) & 0o7777 : null,
      capabilities: capabilities === undefined || capabilities === "(none)" ? "" : capabilities,
      digest: digestOf(algorithm, digest),
    });
  }
  return files;
}

function digestOf(algorithm: string | undefined, hex: string | undefined): PackagedFile["digest"] {
  const name = ALGORITHMS[algorithm ?? ""] ?? "md5";
  return hex === undefined || !/^[0-9a-f]{32,}$/.test(hex) ? null : { algorithm: name, hex };
}

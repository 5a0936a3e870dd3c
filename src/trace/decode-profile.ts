// SPDX-License-Identifier: Apache-2.0
import {
  asObject,
  boolean,
  count,
  type Decoder,
  integer,
  list,
  nullable,
  number,
  oneOf,
  fault,
  record,
  table,
  text,
  textLike,
} from "./decode-json.ts";
import { capabilities, capability, decodeProof, userFunction } from "./decode-proof.ts";
import {
  CONFIDENCES,
  type CredentialsRow,
  type Image,
  type Observation,
  type Phase,
  type Run,
  type Subject,
  type SyscallOutcome,
  type SystemContext,
  type TraceCoverage,
  VERDICTS,
} from "./model.ts";

const texts = list(text);
const phase: Decoder<Phase> = oneOf("start-up", "after-drop");

/** Who wrote it. */
const tool: Decoder<Run["tool"]> = record<Run["tool"]>({ name: oneOf("capscope"), version: text });

/** What `Date.toISOString` writes; order by text is order by time only in one form. */
const time: Decoder<string> = (value, place) => {
  const form = textLike(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, "a time in UTC");
  const given = form(value, place);
  if (Number.isNaN(Date.parse(given))) throw fault(place, "is no time");
  return given;
};

type SubjectOf<Kind extends Subject["kind"]> = Extract<Subject, { readonly kind: Kind }>;

const SUBJECTS: { readonly [Kind in Subject["kind"]]: Decoder<SubjectOf<Kind>> } = {
  command: record<SubjectOf<"command">>({ kind: oneOf("command"), program: text, argv: texts }),
  process: record<SubjectOf<"process">>({ kind: oneOf("process"), program: text, pid: count }),
  unit: record<SubjectOf<"unit">>({ kind: oneOf("unit"), unit: text }),
  service: record<SubjectOf<"service">>({
    kind: oneOf("service"),
    unit: text,
    file: text,
    argv: texts,
  }),
  container: record<SubjectOf<"container">>({
    kind: oneOf("container"),
    id: text,
    runtime: nullable(text),
  }),
  cgroup: record<SubjectOf<"cgroup">>({ kind: oneOf("cgroup"), path: text }),
};
const subjectKind = oneOf(...(Object.keys(SUBJECTS) as readonly Subject["kind"][]));

const subject: Decoder<Subject> = (value, place) => {
  const { kind } = asObject(value, place);
  return SUBJECTS[subjectKind(kind, { parent: place, key: "kind" })](value, place);
};

const context: Decoder<SystemContext> = record<SystemContext>({
  sysctls: table(nullable(text)),
  securityModules: nullable(texts),
  lockdown: nullable(oneOf("none", "integrity", "confidentiality")),
});

const image: Decoder<Image> = record<Image>({
  id: count,
  pid: integer,
  parentPid: integer,
  comm: text,
  exe: text,
  argv: nullable(texts),
  fileCapabilities: texts,
  attached: boolean,
  startNs: number,
  endNs: nullable(number),
  exitCode: nullable(integer),
  exitSignal: nullable(integer),
});

const credentials: Decoder<CredentialsRow> = record<CredentialsRow>({
  id: count,
  image: count,
  previous: nullable(count),
  phase,
  uid: count,
  effectiveUid: count,
  permitted: capabilities,
  effective: capabilities,
  inheritable: capabilities,
  bounding: capabilities,
  ambient: capabilities,
  securebits: texts,
  noNewPrivileges: boolean,
  firstNs: number,
});

const outcome: Decoder<SyscallOutcome> = record<SyscallOutcome>({
  syscall: text,
  errno: nullable(text),
  count,
});

const observation: Decoder<Observation> = record<Observation>({
  image: count,
  credentials: nullable(count),
  phase,
  capability,
  granted: boolean,
  syscall: nullable(text),
  verdict: oneOf(...VERDICTS),
  gate: nullable(text),
  reason: nullable(text),
  confidence: oneOf(...CONFIDENCES),
  kernelStack: texts,
  conditions: texts,
  alternatives: capabilities,
  userNamespace: oneOf("initial", "own", "other"),
  userStack: list(userFunction),
  outcomes: list(outcome),
  count,
  firstNs: number,
  lastNs: number,
});

const coverage: Decoder<TraceCoverage> = record<TraceCoverage>({
  complete: boolean,
  lost: record<TraceCoverage["lost"]>({ checks: count, stacks: count, images: count }),
  gaps: texts,
});

export const decodeRun: Decoder<Run> = record<Run>({
  id: text,
  host: record<Run["host"]>({ name: text, kernel: text }),
  tool,
  time,
  subject,
  wayIn: oneOf("tp_btf", "fexit", "kprobe"),
  durationNs: number,
  context,
  images: list(image),
  credentials: list(credentials),
  observations: list(observation),
  coverage,
  proof: nullable(decodeProof),
});

const ignored: Decoder<unknown> = (value) => value;

/** A profile as it is in a file: what follows from its runs is not decoded. */
interface Document {
  readonly schemaVersion: number;
  readonly kind: string;
  readonly tool: Run["tool"];
  readonly subject: Subject;
  readonly runs: readonly Run[];
  readonly findings: unknown;
  readonly conclusion: unknown;
  readonly proven: unknown;
  readonly coverage: unknown;
}

/** Of the present schema version. */
export const decodeDocument: Decoder<Document> = record<Document>({
  schemaVersion: count,
  kind: text,
  tool,
  subject,
  runs: list(decodeRun),
  findings: ignored,
  conclusion: ignored,
  proven: ignored,
  coverage: ignored,
});

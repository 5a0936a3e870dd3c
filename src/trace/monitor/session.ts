// SPDX-License-Identifier: Apache-2.0
import { capabilityName } from "../../capabilities/names.ts";
import type {
  CheckChange,
  CredentialsRecord,
  FedImage,
  FeedReading,
} from "../../linux/bpf/observation.ts";
import { syscallName } from "../../linux/syscalls.ts";
import {
  MONITOR_SCHEMA_VERSION,
  type MonitorCheck,
  type MonitorGrouping,
  type SystemContext,
  type Verdict,
} from "../model.ts";
import { type Surroundings, surroundingsOf } from "../surroundings.ts";
import { judgeCheck, type Judgement } from "../verdicts.ts";
import type { FilterMatcher } from "./filter.ts";
import { type Place, UNPLACED } from "./places.ts";
import { MonitorTotals } from "./totals.ts";

/** Verdicts of checks that decide nothing for the program on this host: shown on request. */
export const HIDDEN_VERDICTS: readonly Verdict[] = ["opportunistic", "namespaced", "borrowed"];

export interface SessionOptions {
  readonly matcher: FilterMatcher;
  readonly all: boolean;
  /** Null for no totals. */
  readonly by: MonitorGrouping | null;
  readonly context: SystemContext;
  /** Of the monitor itself, whose checks are left out. Null where it is not known. */
  readonly ownPid: number | null;
  /** The place of a program; `imageOf` knows others by pid, also some that ended. */
  readonly readPlace: (image: FedImage, imageOf: (pid: number) => FedImage | undefined) => Place;
  readonly readCredentials: () => readonly CredentialsRecord[];
  /** RFC 3339 for a time of the boot clock. */
  readonly timeOf: (bootNs: number) => string;
}

/** Checks by what became of them. */
export interface SessionCounts {
  counted: number;
  shown: number;
  filtered: number;
  unplaced: number;
  lines: number;
  readonly hidden: Partial<Record<Verdict, number>>;
}

/** Ids of credentials are remembered up to this number; then those that are gone are forgotten. */
const CREDENTIALS_LIMIT = 8192;

/** What is remembered of a program while it is in the kernel's maps. */
interface KnownImage {
  place: Place | null;
  readonly told: Set<string>;
  /** By row. */
  readonly verdicts: Map<number, Verdict>;
}

/** Turns readings into lines and totals. It remembers programs until they are forgotten. */
export class MonitorSession {
  readonly counts: SessionCounts = {
    counted: 0,
    shown: 0,
    filtered: 0,
    unplaced: 0,
    lines: 0,
    hidden: {},
  };
  readonly totals: MonitorTotals | null;
  readonly #options: SessionOptions;
  readonly #images = new Map<number, KnownImage>();
  readonly #byPid = new Map<number, FedImage>();
  readonly #ofInitialNamespace = new Set<number>();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.totals = options.by === null ? null : new MonitorTotals(options.by);
  }

  /** What is new, in the order of time. */
  take({ changes, forgotten }: FeedReading): readonly MonitorCheck[] {
    for (const { image } of changes) if (image !== null) this.#byPid.set(image.pid, image);
    const others = changes.filter(({ image }) => !this.#isOwn(image));
    const surroundings = this.#surroundingsOf(others);
    const lines = others
      .toSorted((one, other) => one.check.firstNs - other.check.firstNs)
      .flatMap((change) => this.#takeChange(change, surroundings));
    this.#forget(forgotten);
    this.counts.lines += lines.length;
    return lines;
  }

  #forget(ids: readonly number[]): void {
    for (const id of ids) this.#images.delete(id);
    const gone = new Set(ids);
    for (const [pid, { id }] of this.#byPid) if (gone.has(id)) this.#byPid.delete(pid);
  }

  #isOwn(image: FedImage | null): boolean {
    const { ownPid } = this.#options;
    return image !== null && ownPid !== null && [image.pid, image.parentPid].includes(ownPid);
  }

  /** Made when they are needed: to read credentials is much of the work. */
  #surroundingsOf(changes: readonly CheckChange[]): () => Surroundings {
    const { context } = this.#options;
    const checks = changes.map(({ check }) => check);
    const fresh = surroundingsOf({ context, checks, credentials: [] }).ofInitialNamespace;
    for (const id of fresh) this.#ofInitialNamespace.add(id);
    let made: Surroundings | null = null;
    const make = (): Surroundings => {
      const credentials = this.#options.readCredentials();
      const known = new Set(credentials.map(({ id }) => id));
      for (const id of this.#ofInitialNamespace) {
        if (!known.has(id)) this.#ofInitialNamespace.delete(id);
      }
      const ofInitialNamespace = this.#ofInitialNamespace;
      return { ...surroundingsOf({ context, checks: [], credentials }), ofInitialNamespace };
    };
    if (this.#ofInitialNamespace.size > CREDENTIALS_LIMIT) made = make();
    return () => (made ??= make());
  }

  #takeChange(change: CheckChange, surroundings: () => Surroundings): readonly MonitorCheck[] {
    const { check, image, added } = change;
    const { counts } = this;
    counts.counted += added;
    const { matcher } = this.#options;
    if (!matcher.matchesCheck(check.capability, check.granted) || !matcher.matchesImage(image)) {
      counts.filtered += added;
      return [];
    }
    const known = this.#knownImage(check.image);
    const judgement = change.hasNewStacks ? judgeCheck(check, surroundings()) : null;
    const verdict = judgement?.verdict ?? known.verdicts.get(change.row) ?? "required";
    known.verdicts.set(change.row, verdict);
    const isHidden = !this.#options.all && HIDDEN_VERDICTS.includes(verdict);
    // To read the place of what is not shown would be most of the work.
    const place = isHidden && !matcher.asksPlace ? UNPLACED : this.#placeOf(known, image);
    if (matcher.asksPlace && !matcher.matchesPlace(place)) {
      counts.filtered += added;
      if (place.placedBy === null) counts.unplaced += added;
      return [];
    }
    if (isHidden) {
      counts.hidden[verdict] = (counts.hidden[verdict] ?? 0) + added;
      return [];
    }
    this.#addToTotals(change, place);
    counts.shown += added;
    if (judgement === null) return [];
    return this.#newLines(change, judgement, surroundings(), known, place);
  }

  #knownImage(id: number): KnownImage {
    const known = this.#images.get(id) ?? { place: null, told: new Set(), verdicts: new Map() };
    this.#images.set(id, known);
    return known;
  }

  #placeOf(known: KnownImage, image: FedImage | null): Place {
    const imageOf = (pid: number): FedImage | undefined => this.#byPid.get(pid);
    known.place ??= image === null ? UNPLACED : this.#options.readPlace(image, imageOf);
    return known.place;
  }

  #addToTotals({ check, image, added }: CheckChange, { unit }: Place): void {
    const { comm = null, pid = null, taskStartNs = null } = image ?? {};
    const { capability, granted, firstNs, lastNs } = check;
    this.totals?.add(
      { pid, taskStartNs, comm, unit },
      { capability, granted, count: added, firstNs, lastNs },
    );
  }

  /** One for each gate; most checks have a single one. */
  #newLines(
    { check, image }: CheckChange,
    whole: Judgement,
    surroundings: Surroundings,
    known: KnownImage,
    place: Place,
  ): readonly MonitorCheck[] {
    const judgements =
      check.stacks.length < 2
        ? [whole]
        : check.stacks.map((stack) => judgeCheck({ ...check, stacks: [stack] }, surroundings));
    const lines: MonitorCheck[] = [];
    for (const { verdict, gate, reason } of judgements) {
      if (!this.#options.all && HIDDEN_VERDICTS.includes(verdict)) continue;
      const key = [check.capability, check.granted, check.syscall, verdict, gate].join(" ");
      if (known.told.has(key)) continue;
      known.told.add(key);
      lines.push({
        schemaVersion: MONITOR_SCHEMA_VERSION,
        kind: "check",
        time: this.#options.timeOf(check.firstNs),
        ...this.#identityOf(image),
        ...place,
        capability: capabilityName(check.capability),
        granted: check.granted,
        syscall: check.syscall === null ? null : syscallName(check.syscall),
        gate,
        verdict,
        reason,
      });
    }
    return lines;
  }

  #identityOf(
    image: FedImage | null,
  ): Pick<MonitorCheck, "pid" | "parentPid" | "started" | "comm" | "exe"> {
    if (image === null) return { pid: null, parentPid: null, started: null, comm: null, exe: null };
    const { pid, parentPid, comm, exe, taskStartNs } = image;
    const started = taskStartNs === 0 ? null : this.#options.timeOf(taskStartNs);
    return { pid, parentPid, started, comm, exe };
  }
}

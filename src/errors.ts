// SPDX-License-Identifier: Apache-2.0

/** Wrong usage: the command line asks for something that does not exist. Exit code 2. */
export class UsageError extends Error {
  readonly code = "usage";
  readonly hint: string | null;

  constructor(message: string, hint: string | null = null) {
    super(message);
    this.name = "UsageError";
    this.hint = hint;
  }
}

/** Something this kernel or these privileges do not allow. Exit code 3 when nothing is left to show. */
export class UnsupportedError extends Error {
  readonly code = "unsupported";
  readonly hint: string | null;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "UnsupportedError";
    this.hint = options.hint ?? null;
  }
}

/** A system call that failed, with the errno name (such as "EACCES") as `code`. */
export class SystemError extends Error {
  readonly step: string;
  readonly code: string;

  constructor(step: string, code: string) {
    super(`${step}: ${code}`);
    this.name = "SystemError";
    this.step = step;
    this.code = code;
  }
}

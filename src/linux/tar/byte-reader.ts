// SPDX-License-Identifier: Apache-2.0

/** The stream ended where more was promised. */
export class TruncatedError extends Error {
  constructor() {
    super("it ends too early");
    this.name = "TruncatedError";
  }
}

/** The stream goes on and on, as one does that was made to fill whatever unpacks it. */
export class EndlessError extends Error {
  constructor() {
    super("it is larger than 64 GiB when unpacked");
    this.name = "EndlessError";
  }
}

const TOTAL_MAX = 64 * 1024 ** 3;

/** Reads a stream of chunks in pieces of wanted sizes; throws EndlessError above `limit` bytes. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;
  #ended = false;
  #left: number;

  constructor(source: AsyncIterable<Uint8Array>, limit = TOTAL_MAX) {
    this.#left = limit;
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next bytes, which are taken; null at the end of the stream. Throws TruncatedError between. */
  async take(length: number): Promise<Buffer | null> {
    if (this.#buffer.length - this.#at < length) await this.#fill(length);
    const left = this.#buffer.length - this.#at;
    if (left === 0 && length > 0) return null;
    if (left < length) throw new TruncatedError();
    const piece = this.#buffer.subarray(this.#at, this.#at + length);
    this.#at += length;
    return piece;
  }

  /** The next bytes in pieces as they come, which are taken. */
  async *pieces(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0;) {
      if (this.#at === this.#buffer.length) await this.#fill(1);
      const size = Math.min(left, this.#buffer.length - this.#at);
      if (size === 0) throw new TruncatedError();
      const piece = this.#buffer.subarray(this.#at, this.#at + size);
      this.#at += size;
      left -= size;
      yield piece;
    }
  }

  /** Passes over bytes. */
  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) {
      if (this.#at === this.#buffer.length) await this.#fill(1);
      const size = Math.min(left, this.#buffer.length - this.#at);
      if (size === 0) throw new TruncatedError();
      this.#at += size;
      left -= size;
    }
  }

  async #fill(length: number): Promise<void> {
    const parts: Uint8Array[] = [this.#buffer.subarray(this.#at)];
    let size = this.#buffer.length - this.#at;
    while (size < length && !this.#ended) {
      const next = await this.#source.next();
      if (next.done === true) this.#ended = true;
      else {
        parts.push(next.value);
        size += next.value.length;
        this.#left -= next.value.length;
        if (this.#left < 0) throw new EndlessError();
      }
    }
    this.#buffer = parts.length === 1 ? this.#buffer.subarray(this.#at) : Buffer.concat(parts);
    this.#at = 0;
  }
}

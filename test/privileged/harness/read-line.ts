// SPDX-License-Identifier: Apache-2.0

/** The first line of a stream, without its newline; "" when the stream ends before one came. */
export async function readLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) return "";
    text += Buffer.from(value).toString();
  }
  reader.releaseLock();
  return text.slice(0, text.indexOf("\n"));
}

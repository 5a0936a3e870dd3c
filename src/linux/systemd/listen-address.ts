// SPDX-License-Identifier: Apache-2.0
import { decodeText } from "../bytes.ts";

/** The address of a socket as systemd prints it in the property `Listen` of a socket unit. */
export type ListenAddress =
  | {
      readonly kind: "ip";
      readonly address: string;
      readonly port: number;
      readonly device: string | null;
    }
  | { readonly kind: "vsock"; readonly cid: number | "any"; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/**
 * Parses an address as sockaddr_pretty() of systemd prints it: `0.0.0.0:22`, `[fe80::1]:22%eth0`
 * (the scope comes after the port), `vsock:2:22`, `vsock::22`, `/path`, `@abstract`. Null for
 * what is no socket address (netlink families, message queues) and for what is not understood.
 */
export function parseListenAddress(text: string): ListenAddress | null {
  if (text.startsWith("/") || text.startsWith("@")) return { kind: "unix", path: unescape(text) };
  return parseVsock(text) ?? parseIp(text);
}

/** Writes an IP address in one form: RFC 5952, and IPv4 for a v4-mapped one. Null if it is none. */
export function canonicalAddress(text: string): string | null {
  if (IPV4.test(text)) return text;
  if (!/^[0-9a-f:.]+$/i.test(text) || !URL.canParse(`http://[${text}]/`)) return null;
  const ipv6 = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(ipv6);
  if (mapped === null) return ipv6;
  const [high, low] = [Number.parseInt(mapped[1] ?? "", 16), Number.parseInt(mapped[2] ?? "", 16)];
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

function parseVsock(text: string): ListenAddress | null {
  const match = /^vsock:(\d*):(\d+)$/.exec(text);
  if (match === null) return null;
  const cid = match[1] === "" ? "any" : Number(match[1]);
  return { kind: "vsock", cid, port: Number(match[2]) };
}

function parseIp(text: string): ListenAddress | null {
  const match = /^(?:\[([^\]]+)\]|([\d.]+)):(\d+)(?:%(.+))?$/.exec(text);
  const address = canonicalAddress(match?.[1] ?? match?.[2] ?? "");
  if (match === null || address === null) return null;
  return { kind: "ip", address, port: Number(match[3]), device: match[4] ?? null };
}

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  "\\": 0x5c,
  '"': 0x22,
  "'": 0x27,
};

/** Undoes cescape() of systemd, which writes every byte that is not printable ASCII as \ooo. */
function unescape(text: string): string {
  if (!text.includes("\\")) return text;
  const bytes: number[] = [];
  for (const [token, octal, letter] of text.matchAll(/\\([0-7]{3})|\\([abtnvfr\\"'])|[^]/gu)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else if (letter !== undefined) bytes.push(ESCAPES[letter] ?? 0);
    else bytes.push(...Buffer.from(token, "utf8"));
  }
  return decodeText(Uint8Array.from(bytes));
}

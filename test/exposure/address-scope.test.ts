// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { classifyAddress, widestScope } from "../../src/exposure/address-scope.ts";
import type { AddressScope } from "../../src/exposure/model.ts";

/** The words of some lines. */
function words(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(" "));
}

/**
 * First and last address of each range, and the neighbours. Python's ipaddress module says the
 * same: is_loopback, is_link_local, is_multicast, then is_global for public, else private.
 */
const AS_PYTHON: Readonly<Record<AddressScope, readonly string[]>> = {
  loopback: ["127.0.0.0", "127.0.0.1", "127.255.255.255", "::1"],
  "link-local": ["169.254.0.0", "169.254.255.255", "fe80::", "fe80::1", "febf:ffff::1"],
  multicast: ["224.0.0.0", "224.0.0.251", "239.255.255.255", "ff00::", "ff02::fb", "ffff::1"],
  private: words(
    "0.0.0.1 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 172.16.0.0",
    "172.31.255.255 192.0.0.0 192.0.0.7 192.0.0.170 192.0.0.171 192.0.2.0 192.0.2.255",
    "192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255",
    "203.0.113.0 203.0.113.255 240.0.0.0 255.255.255.255 100:: 100::ffff:ffff:ffff:ffff",
    "2001:db8:: 2001:db8:ffff::1 fc00:: fd12:3456:789a::1 fdff:ffff::1",
  ),
  public: words(
    "1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0",
    "169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0",
    "192.0.3.0 192.88.99.1 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0",
    "198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255 8.8.8.8",
    "64:ff9b::808:808 2001:db7:ffff::1 2001:db80::1 2001:db9::1 2002:808:808::1",
    "2606:4700::1111 2a00:1450::1 3ffe::1 fbff::1 fe00::1 fe7f::1",
  ),
};

/** Ranges that the registries list and the module of Python 3.11 does not know, or the reverse. */
const AS_REGISTERED: Readonly<Partial<Record<AddressScope, readonly string[]>>> = {
  private: words("192.0.0.8 192.0.0.100 192.0.0.255 3fff::1 3fff:fff::1 fec0::1 feff::1"),
  public: ["3fff:1000::1"],
};

/** Inside ranges that as a whole are classified otherwise. */
const EXCEPTIONS: Readonly<Partial<Record<AddressScope, readonly string[]>>> = {
  // IPv4/IPv6 translation for local use, benchmarking, segment routing.
  private: ["64:ff9b:1::1", "2001:2::1", "5f00::1"],
  // Port Control Protocol and TURN anycast, globally reachable inside 192.0.0.0/24.
  public: ["192.0.0.9", "192.0.0.10"],
};

function rows(table: typeof EXCEPTIONS): readonly (readonly [string, AddressScope])[] {
  return Object.entries(table).flatMap(([scope, addresses]) =>
    addresses.map((address) => [address, scope as AddressScope] as const),
  );
}

function scopeOf(address: string): AddressScope {
  return classifyAddress(address.includes(":") ? "ipv6" : "ipv4", address);
}

describe("the scope of an address", () => {
  test.each(rows(AS_PYTHON))("%s is %s, as Python has it", (address, scope) => {
    expect(scopeOf(address)).toBe(scope);
  });

  test.each(rows(AS_REGISTERED))("%s is %s, as IANA has it", (address, scope) => {
    expect(scopeOf(address)).toBe(scope);
  });

  test.each(rows(EXCEPTIONS))("%s is %s, unlike what is around it", (address, scope) => {
    expect(scopeOf(address)).toBe(scope);
  });
});

describe("the widest scope", () => {
  const sets: readonly (readonly [readonly AddressScope[], AddressScope | null])[] = [
    [[], null],
    [["loopback"], "loopback"],
    [["link-local", "loopback"], "link-local"],
    [["private", "link-local"], "private"],
    [["multicast", "link-local"], "multicast"],
    [["private", "multicast"], "private"],
    [["loopback", "public", "private"], "public"],
  ];
  test.each(sets)("of %j is %p", (scopes, widest) => {
    expect(widestScope(scopes)).toBe(widest);
  });
});

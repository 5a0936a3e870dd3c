// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { SystemError } from "../../../src/errors.ts";
import { NLMSG_DONE, NLMSG_ERROR } from "../../../src/linux/netlink/message.ts";
import { NETLINK_SOCK_DIAG, NetlinkSocket } from "../../../src/linux/netlink/socket.ts";
import { endOfDump, type RecordedKernel, recordedKernel } from "./recorded-kernel.ts";
import { readRecording, RECORDED } from "./recording.ts";

const { datagrams: DUMP } = readRecording(RECORDED, "packet");
const SOCKETS = 2;

/** The dump, with NLM_F_DUMP_INTR on its last message. */
const INTERRUPTED = DUMP.map((datagram, at) => {
  const copy = Buffer.from(datagram);
  if (at === DUMP.length - 1) copy[6] = 0x12;
  return copy;
});

interface Visit {
  readonly outcome: ReturnType<NetlinkSocket["dump"]>;
  readonly visited: number;
  readonly restarts: number;
}

function dump({ libc }: RecordedKernel): Visit {
  using netlink = new NetlinkSocket(libc, NETLINK_SOCK_DIAG);
  let visited = 0;
  let restarts = 0;
  const outcome = netlink.dump(
    20,
    new Uint8Array(20),
    () => {
      visited++;
    },
    () => {
      visited = 0;
      restarts++;
    },
  );
  return { outcome, visited, restarts };
}

describe("a dump", () => {
  test("visits every message up to the end", () => {
    const done = { outcome: { kind: "complete" as const }, visited: SOCKETS, restarts: 0 };
    expect(dump(recordedKernel([DUMP]))).toEqual(done);
  });

  test("that changed meanwhile is repeated", () => {
    const done = { outcome: { kind: "complete" as const }, visited: SOCKETS, restarts: 1 };
    expect(dump(recordedKernel([INTERRUPTED, DUMP]))).toEqual(done);
  });

  test("that changes each time is given up as interrupted", () => {
    const kernel = recordedKernel([INTERRUPTED, INTERRUPTED, INTERRUPTED, DUMP]);
    const visit = dump(kernel);
    expect(visit).toEqual({ outcome: { kind: "interrupted" }, visited: SOCKETS, restarts: 2 });
    expect(kernel.requests).toHaveLength(3);
  });

  test.each([NLMSG_ERROR, NLMSG_DONE])("that ends with an errno in type %i is refused", (type) => {
    const { outcome } = dump(recordedKernel([[endOfDump(type, "ENOENT")]]));
    expect(outcome).toEqual({ kind: "refused", error: "ENOENT" });
  });

  test("that an acknowledgement ends is complete", () => {
    const { outcome } = dump(recordedKernel([[endOfDump(NLMSG_ERROR, null)]]));
    expect(outcome).toEqual({ kind: "complete" });
  });

  test("leaves out what answers another request", () => {
    const stranger = endOfDump(NLMSG_ERROR, "EPERM");
    stranger.writeUInt32LE(0, 8);
    const { outcome, visited } = dump(recordedKernel([[stranger, ...DUMP]]));
    expect([outcome.kind, visited]).toEqual(["complete", SOCKETS]);
  });

  test("goes on after a signal", () => {
    const { outcome } = dump(recordedKernel([DUMP], { recv: ["EINTR", "EINTR"] }));
    expect(outcome).toEqual({ kind: "complete" });
  });

  test("of which the kernel says nothing more fails with what recv said", () => {
    expect(() => dump(recordedKernel([DUMP.slice(0, 1)]))).toThrow(
      new SystemError("receiving from netlink", "EAGAIN"),
    );
  });
});

describe("a netlink socket", () => {
  test("that cannot be made says so", () => {
    const { libc } = recordedKernel([], { socket: "EAFNOSUPPORT" });
    expect(() => new NetlinkSocket(libc, NETLINK_SOCK_DIAG)).toThrow(
      new SystemError("opening netlink family 4", "EAFNOSUPPORT"),
    );
  });

  test("that cannot be connected is closed", () => {
    const { libc, open } = recordedKernel([], { connect: "EPERM" });
    expect(() => new NetlinkSocket(libc, NETLINK_SOCK_DIAG)).toThrow(SystemError);
    expect(open).toEqual(new Set());
  });

  test("is closed when it goes out of scope", () => {
    const kernel = recordedKernel([DUMP]);
    dump(kernel);
    expect(kernel.open).toEqual(new Set());
  });
});

// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect } from "bun:test";
import { existsSync } from "node:fs";
import type { Endpoint, ExposureReport } from "../../../src/exposure/model.ts";
import { PYTHON } from "../../privileged/harness/actor.ts";
import { endpointOf, parseReport, runCapscope } from "../../privileged/harness/capscope.ts";
import { readLine } from "../../privileged/harness/read-line.ts";
import { testUnless } from "../../skip.ts";
import { whyNoGuest } from "../whether-guest.ts";

const ADDRESS = "11:22:33:44:55:66";

/**
 * Makes an adapter of its own that answers each command with success (drivers/bluetooth/hci_vhci.c), switches it on,
 * and opens sockets.
 */
const ACTOR = `
import fcntl, json, os, socket, struct, sys, threading
vhci = os.open("/dev/vhci", os.O_RDWR)
os.write(vhci, b"\\xff\\x00")
READ_VERSION, READ_FEATURES, READ_BUFFERS, READ_ADDRESS = 0x1001, 0x1003, 0x1005, 0x1009
ANSWERS = {
  READ_VERSION: bytes([0, 9, 0, 0, 9, 0, 0, 0, 0]),
  READ_FEATURES: bytes(9),
  READ_BUFFERS: struct.pack("<BHBHH", 0, 1021, 96, 6, 6),
  READ_ADDRESS: bytes(1) + bytes.fromhex("${ADDRESS.split(":").toReversed().join("")}"),
}
def answer():
  while True:
    packet = os.read(vhci, 4096)
    if packet[:1] != b"\\x01": continue
    opcode, = struct.unpack("<H", packet[1:3])
    # As long as the longest answer, the local name.
    body = b"\\x01" + packet[1:3] + ANSWERS.get(opcode, bytes(249))
    os.write(vhci, b"\\x04\\x0e" + bytes([len(body)]) + body)
threading.Thread(target=answer, daemon=True).start()
ANY, OWN = "00:00:00:00:00:00", "${ADDRESS}"
def opened(kind, protocol):
  return socket.socket(socket.AF_BLUETOOTH, kind, protocol)
HCIDEVUP, HCIDEVDOWN = 0x400448c9, 0x400448ca
hci = opened(socket.SOCK_RAW, socket.BTPROTO_HCI)
# The kernel switches it on to ask it, and soon off again unless somebody wants it.
try: fcntl.ioctl(hci, HCIDEVUP, 0)
except BlockingIOError: pass
hci.bind((0,))
rfcomm = opened(socket.SOCK_STREAM, socket.BTPROTO_RFCOMM)
rfcomm.bind((ANY, 3)); rfcomm.listen(1)
l2cap = opened(socket.SOCK_SEQPACKET, socket.BTPROTO_L2CAP)
l2cap.bind((OWN, 0x1001)); l2cap.listen(1)
sco = opened(socket.SOCK_SEQPACKET, socket.BTPROTO_SCO)
sco.bind(ANY.encode()); sco.listen(1)
idle = opened(socket.SOCK_SEQPACKET, socket.BTPROTO_L2CAP)
idle.bind((ANY, 0x1003))
names = dict(hci=hci, rfcomm=rfcomm, l2cap=l2cap, sco=sco, idle=idle)
print(json.dumps({name: os.fstat(each.fileno()).st_ino for name, each in names.items()}), flush=True)
sys.stdin.readline()
fcntl.ioctl(hci, HCIDEVDOWN, 0)
print("down", flush=True)
sys.stdin.read()
`;

type Name = "hci" | "rfcomm" | "l2cap" | "sco" | "idle";

const reason = whyNoGuest() ?? (existsSync("/dev/vhci") ? null : "no virtual adapter (hci_vhci)");
let child: Bun.Subprocess<"pipe", "pipe", "inherit">;
let inodes: Readonly<Record<Name, number>>;
let report: ExposureReport;

beforeAll(async () => {
  if (reason !== null) return;
  child = Bun.spawn([PYTHON, "-c", ACTOR], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  inodes = JSON.parse(await readLine(child.stdout)) as Record<Name, number>;
  report = parseReport(runCapscope(["exposure", "--json", "--allow-partial"]).stdout);
});

afterAll(() => child?.kill("SIGKILL"));

const endpoint = (name: Name): Endpoint => endpointOf(report, inodes[name]);

testUnless(reason, "an RFCOMM listener has its channel, its owner and the adapter", () => {
  expect(endpoint("rfcomm")).toMatchObject({
    protocol: "rfcomm",
    type: "stream",
    port: 3,
    owners: [{ pid: child.pid }],
    reach: [{ plane: "bluetooth", interface: "hci0", state: "reachable" }],
  });
  expect(endpoint("rfcomm").flags).toContain("proximity-plane");
});

testUnless(reason, "an L2CAP listener has its PSM; one that only bound takes no traffic", () => {
  expect(endpoint("l2cap")).toMatchObject({
    protocol: "l2cap",
    port: 0x1001,
    bind: { addresses: [ADDRESS] },
    reach: [{ plane: "bluetooth", interface: "hci0", state: "reachable" }],
  });
  expect(endpoint("l2cap").flags).toContain("proximity-plane");
  const all = report.endpoints.flatMap(({ sockets }) => sockets.map(({ inode }) => inode));
  expect(all).not.toContain(inodes.idle);
});

testUnless(reason, "an HCI socket is on its adapter", () => {
  expect(endpoint("hci")).toMatchObject({
    protocol: "hci",
    type: "raw",
    owners: [{ pid: child.pid }],
    reach: [{ plane: "bluetooth", interface: "hci0" }],
  });
});

testUnless(reason, "an SCO listener is shown", () => {
  expect(endpoint("sco")).toMatchObject({ protocol: "sco", owners: [{ pid: child.pid }] });
});

testUnless(reason, "the plane can be chosen, and the tree shows it", () => {
  const { status, stdout } = runCapscope(["exposure", "--no-color", "--plane", "bluetooth"]);
  expect(status).toBe(0);
  for (const word of ["hci0", "rfcomm", "l2cap", `pid=${child.pid}`])
    expect(stdout).toContain(word);
});

testUnless(
  reason,
  "in another network namespace the plane is not there, and the report says so",
  () => {
    const prefix = ["unshare", "--net"];
    const { stdout } = runCapscope(["exposure", "--json", "--allow-partial"], { prefix });
    const other = parseReport(stdout);
    expect(other.endpoints.filter(({ protocol }) => protocol === "rfcomm")).toEqual([]);
  },
);

// The last: the adapter stays off.
testUnless(reason, "through an adapter that is off nothing is reachable", async () => {
  child.stdin.write("\n");
  void child.stdin.flush();
  expect(await readLine(child.stdout)).toBe("down");
  const off = parseReport(runCapscope(["exposure", "--json", "--allow-partial"]).stdout);
  for (const name of ["rfcomm", "hci"] as const) {
    const { reach } = endpointOf(off, inodes[name]);
    expect(reach).toMatchObject([{ plane: "bluetooth", interface: "hci0", state: "down" }]);
  }
});

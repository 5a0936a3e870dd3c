// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { parseSocketUnits } from "../../../src/linux/systemd/parse-socket-units.ts";

/** As systemd 252 printed it, connections to echo.socket open. */
const RECORDED = `\
BindToDevice=lo
Accept=yes
Listen=0.0.0.0:7 (Stream)
SocketProtocol=0
Id=echo.socket
Triggers=echo@0-127.0.0.1:7-127.0.0.1:59292.service
ActiveState=active

BindToDevice=
Accept=no
Listen=[::]:8080 (Stream)
Listen=/run/with space.sock (Stream)
Listen=@abs tract)x (SequentialPacket)
Listen=kobject-uevent 1 (Netlink)
SocketProtocol=0
Id=web.socket
Triggers=web.service
ActiveState=active

BindToDevice=
Accept=no
Listen=127.0.0.1:9005 (Datagram)
SocketProtocol=136
Id=lite@x.socket
Triggers=lite@x.service
ActiveState=active

BindToDevice=
Accept=yes
Listen=127.0.0.1:9006 (Stream)
SocketProtocol=0
Id=answer@y.socket
Triggers=
ActiveState=active

BindToDevice=
Accept=no
Listen=[::]:8080 (Stream)
SocketProtocol=0
Id=old.socket
Triggers=old.service
ActiveState=failed

BindToDevice=
Accept=no
Listen=[::]:8080 (Stream)
SocketProtocol=0
Id=off.socket
Triggers=off.service
ActiveState=inactive
`;

test("every address of an active unit is one row", () => {
  const rows = parseSocketUnits(RECORDED).filter((row) => row.unit === "web.socket");
  const shared = { unit: "web.socket", activates: "web.service", device: null, protocol: 0 };
  expect(rows).toEqual([
    { ...shared, listen: "[::]:8080", type: "Stream" },
    { ...shared, listen: "/run/with space.sock", type: "Stream" },
    { ...shared, listen: "@abs tract)x", type: "SequentialPacket" },
    { ...shared, listen: "kobject-uevent 1", type: "Netlink" },
  ]);
});

test("a unit with Accept=yes activates the template, whatever instances run", () => {
  const activates = parseSocketUnits(RECORDED).map((row) => [row.unit, row.activates]);
  expect(activates).toContainEqual(["echo.socket", "echo@.service"]);
  expect(activates).toContainEqual(["answer@y.socket", "answer@.service"]);
});

test("device and protocol of the unit are kept", () => {
  const rows = parseSocketUnits(RECORDED);
  expect(rows.find((row) => row.unit === "echo.socket")?.device).toBe("lo");
  expect(rows.find((row) => row.unit === "lite@x.socket")?.protocol).toBe(136);
});

test("units that have closed their sockets are left out", () => {
  const units = parseSocketUnits(RECORDED).map((row) => row.unit);
  expect(units).not.toContain("old.socket");
  expect(units).not.toContain("off.socket");
});

test("output that is not understood gives no rows and no error", () => {
  for (const text of ["", "\n\n\n", "nonsense", "=\n=", "Id=a.socket", "Id=a.socket\nListen=x"]) {
    expect(parseSocketUnits(text)).toEqual([]);
  }
});

// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { plan } from "./build-plan.ts";

const argvOf = (value: string, more = ""): readonly string[] =>
  plan(`ExecStart=${value}\n${more}`).argv;

describe("the words of ExecStart=", () => {
  test.each([
    ["white space", "/bin/a  b\tc", ["/bin/a", "b", "c"]],
    ["double quotes", '/bin/a "b c" d', ["/bin/a", "b c", "d"]],
    ["single quotes", "/bin/a 'b \"c' d", ["/bin/a", 'b "c', "d"]],
    ["quotes inside of a word", '/bin/a --x="b c"d', ["/bin/a", "--x=b cd"]],
    ["an empty word", '/bin/a "" b', ["/bin/a", "", "b"]],
    ["C escapes", String.raw`/bin/a \x41\101\tB\sC "\u00e9" \"`, ["/bin/a", "AA\tB C", "é", '"']],
    ["an unknown escape is kept", String.raw`/bin/a \d+`, ["/bin/a", String.raw`\d+`]],
    ["no NUL", String.raw`/bin/a \x00`, ["/bin/a", String.raw`\x00`]],
    ["an escaped semicolon", String.raw`/bin/a \; b`, ["/bin/a", ";", "b"]],
    ["a quoted semicolon", '/bin/a ";" b', ["/bin/a", ";", "b"]],
    ["a path in need of tidying", "//usr/./bin//a b", ["/usr/bin/a", "b"]],
    ["a name", "true b", ["true", "b"]],
    ["a quoted program", '"/bin/a b" c', ["/bin/a b", "c"]],
    ["shell syntax is none", "/bin/a `b` $(c) > d", ["/bin/a", "`b`", ">", "d"]],
  ])("%s", (_, value, words) => {
    expect(argvOf(value)).toEqual(words);
  });

  test("continued lines are one, across comments", () => {
    const text = "ExecStart=/bin/a \\\n  b \\\n# no\n; no\n  c\nUser=www";
    expect(plan(text).argv).toEqual(["/bin/a", "b", "c"]);
    expect(plan(text).user.uid).toBe(33);
  });

  test.each([
    ["an open quotation", '/bin/a "b'],
    ["a relative path", "bin/a"],
    ["a directory", "/bin/"],
    ["prefixes alone", "-@"],
    ["two privileges", "-+!/bin/a"],
    ["! before another", "!-+/bin/a"],
    ["three bangs", "!!!/bin/a"],
  ])("%s leaves the service without a command", (_, value) => {
    expect(() => plan(`ExecStart=${value}`)).toThrow("has no ExecStart=");
  });

  test("an empty assignment forgets the commands before", () => {
    expect(plan("ExecStart=/bin/a\nExecStart=\nExecStart=/bin/b").argv).toEqual(["/bin/b"]);
    expect(() => plan("ExecStart=/bin/a\nExecStart=")).toThrow("has no ExecStart=");
  });

  test("a oneshot service runs its first command, and the others are named", () => {
    const { argv, unsupported } = plan(
      "Type=oneshot\nExecStart=/bin/a 1 ; /bin/b 2\nExecStart=/bin/c",
    );
    expect(argv).toEqual(["/bin/a", "1"]);
    expect(unsupported).toEqual(["ExecStart=/bin/b 2 is not run", "ExecStart=/bin/c is not run"]);
  });

  test("other services may have one command only", () => {
    expect(() => plan("ExecStart=/bin/a\nExecStart=/bin/b")).toThrow("more than one ExecStart=");
  });

  test("what runs before, after and beside is named", () => {
    expect(plan("ExecStartPre=/bin/x -y\nExecReload=/bin/kill 1").unsupported).toEqual([
      "ExecStartPre=/bin/x -y is not run",
      "ExecReload=/bin/kill 1 is not run",
    ]);
  });
});

describe("prefixes", () => {
  const LINES = `User=www
AmbientCapabilities=CAP_CHOWN
CapabilityBoundingSet=CAP_CHOWN
NoNewPrivileges=yes
SecureBits=noroot`;

  test("- and : change no privilege", () => {
    const { argv, user, warnings } = plan(`ExecStart=-:/bin/a $X\n${LINES}`);
    expect(argv).toEqual(["/bin/a", "$X"]);
    expect([user.uid, warnings]).toEqual([33, []]);
  });

  test("@ takes argv[0] from the second word", () => {
    const { argv, argv0 } = plan("ExecStart=@/bin/a worker -x");
    expect([argv, argv0]).toEqual([["/bin/a", "-x"], "worker"]);
    expect(plan("ExecStart=/bin/a").argv0).toBeNull();
    expect(() => plan("ExecStart=@/bin/a")).toThrow("has no ExecStart=");
  });

  test("+ takes away ids, sets and no_new_privs", () => {
    expect(plan(`ExecStart=+/bin/a\n${LINES}`)).toMatchObject({
      user: { uid: 0, gid: 0, groups: [34, 113] },
      ambient: 0n,
      bounding: null,
      noNewPrivileges: false,
      securebits: [],
    });
  });

  test("! takes away the ids alone, not the groups of the database", () => {
    expect(plan(`ExecStart=-!/bin/a\n${LINES}`)).toMatchObject({
      argv: ["/bin/a"],
      user: { uid: 0, gid: 0, groups: [34, 113] },
      ambient: 1n,
      bounding: 1n,
      noNewPrivileges: true,
      securebits: ["noroot"],
    });
  });

  test("!! does nothing on kernels with ambient capabilities", () => {
    expect(plan(`ExecStart=!!/bin/a\n${LINES}`).user.uid).toBe(33);
  });

  test("| runs the line in a shell", () => {
    const { argv, warnings } = plan("ExecStart=|echo a b");
    expect(argv).toEqual(["/bin/sh", "-c", "echo a b"]);
    expect(warnings).toEqual(['ExecStart=: the prefix "|" takes systemd 258']);
  });
});

describe("variables", () => {
  const ENVIRONMENT = `Environment=ONE=1 "TWO=a 'b c' d" EMPTY= KEEP=k`;

  test.each([
    ["a word of its own is split", "$TWO", ["a", "b c", "d"]],
    ["braces do not split", "${TWO}", ["a 'b c' d"]],
    ["one that is not set is no word", "a $NONE b", ["a", "b"]],
    ["an empty one is no word", "a $EMPTY b", ["a", "b"]],
    ["braces that are empty are a word", "${NONE}", [""]],
    ["inside of a word braces are needed", "--l=$KEEP --l=${KEEP}", ["--l=$KEEP", "--l=k"]],
    ["two dollars are one", "$$ONE a$$b $$", ["$ONE", "a$b", "$"]],
    ["several in a word", "${ONE}-${KEEP}", ["1-k"]],
    ["shell operators are no syntax", "${ONE:-x}", ["${ONE:-x}"]],
  ])("%s", (_, words, expected) => {
    expect(argvOf(`/bin/a ${words}`, ENVIRONMENT).slice(1)).toEqual(expected);
  });

  test("the program itself is never one", () => {
    expect(() => plan(`ExecStart=$ONE\n${ENVIRONMENT}`).argv).not.toThrow();
    expect(plan(`ExecStart=$ONE\n${ENVIRONMENT}`).argv).toEqual(["$ONE"]);
  });
});

describe("an override", () => {
  test("with an option first replaces the arguments", () => {
    const { argv, argv0 } = plan("ExecStart=@/bin/a x y", { override: ["-v", "$X", "%n"] });
    expect([argv, argv0]).toEqual([["/bin/a", "-v", "$X", "%n"], "x"]);
  });

  test("with a program first replaces the command", () => {
    const { argv, argv0, user } = plan("User=www\nExecStart=@/bin/a x y", {
      override: ["/bin/b", "-v"],
    });
    expect([argv, argv0, user.uid]).toEqual([["/bin/b", "-v"], null, 33]);
  });

  test("needs no ExecStart= but for arguments", () => {
    expect(plan("ExecStart=", { override: ["b"] }).argv).toEqual(["b"]);
    expect(() => plan("ExecStart=", { override: ["-b"] })).toThrow("has no ExecStart=");
  });
});

describe("specifiers", () => {
  const values = (unit: string, text: string): readonly string[] =>
    plan(`ExecStart=/bin/a ${text}`, { unit }).argv.slice(1);

  test.each([
    ["of a plain name", "a-b.service", "%n %N %p %j", ["a-b.service", "a-b", "a-b", "b"]],
    ["an empty instance", "web.service", '"[%i]"', ["[]"]],
    ["of an instance", "w@b-x2d\\x2d.service", "%p %i %I", ["w", "b-x2d\\x2d", "b/x2d-"]],
    [
      "of the manager",
      "w.service",
      "%u %U %h %s %t %S %C %L",
      "root 0 /root /bin/sh /run /var/lib /var/cache /var/log".split(" "),
    ],
    [
      "of the host",
      "w.service",
      "%H %l %v %a %o",
      ["host1.example.org", "host1", "6.18.0", "x86-64", "debian"],
    ],
    ["a percent sign", "w.service", "%% 5%", ["%", "5%"]],
    ["unknown ones are kept", "w.service", "%z %", ["%z", "%"]],
    [
      "of the file",
      "w.service",
      "%y %Y %f",
      ["/etc/systemd/system/w.service", "/etc/systemd/system", "/w"],
    ],
  ])("%s", (_, unit, text, expected) => {
    expect(values(unit, text)).toEqual(expected as string[]);
  });

  test("do not make words", () => {
    expect(values("a@b\\x20c.service", "%I")).toEqual(["b c"]);
  });

  test("whose value is not known are kept and named", () => {
    const { argv, warnings } = plan("ExecStart=/bin/a %b");
    expect([argv[1], warnings]).toEqual(["%b", ["%b is not known here and was kept"]]);
  });
});

import type { Fixture } from "./fixture.ts";

/** Tables and JSON as programs export them. */
export function recordFixtures(): Fixture[] {
  const csv = (name: string, text: string, ...expected: string[]): Fixture => {
    return { name, type: "text/csv", bytes: Buffer.from(text), expected };
  };
  const json = (name: string, text: string, ...expected: string[]): Fixture => {
    return { name, type: "application/json", bytes: Buffer.from(text), expected };
  };
  return [
    csv("comma.csv", 'name,city\nAnna,"Köln, am Rhein"\n', "name: Anna; city: Köln, am Rhein"),
    csv(
      "semicolon.csv",
      "id;name;price\nA-001;bolt;0,5\nA-002;nut;0,7\n",
      "id: A-001; name: bolt; price: 0,5",
    ),
    csv("tab.csv", "id\tname\n1\ta, b\n2\tc\n", "id: 1; name: a, b"),
    csv("pipe.csv", "id|name\n1|one\n2|two\n", "id: 1; name: one", "id: 2; name: two"),
    csv("sep.csv", "sep=;\r\nid;name;price\r\nA-001;bolt;0,5\r\n", "id: A-001; name: bolt; price: 0,5"),
    csv(
      "title.csv",
      "2025 年度销售表\n\n编号,名称,单价\nA-001,螺丝,0.5\n",
      "编号: A-001; 名称: 螺丝; 单价: 0.5",
      "2025 年度销售表",
    ),
    csv(
      "open-quote.csv",
      'id,note\n1,"he said hi\n2,ok\n3,all fine\n',
      "id: 2; note: ok",
      "id: 3; note: all fine",
    ),
    csv("no-header.csv", "1,2,3\n4,5,6\n", "1; 2; 3", "4; 5; 6"),
    csv("breaks.csv", 'id,note\n1,"two\nlines"\n2,"5"" pipe"\n', "id: 1; note: two\nlines", '5" pipe'),
    csv("quoted-separators.csv", '"a;b;c;d",e\n"1;2;3;4",f\n"5;6;7;8",g\n', "a;b;c;d: 1;2;3;4; e: f"),
    json(
      "numbers.json",
      '{"order":12345678901234567890,"price":0.10,"version":1.0,"e":1E5}',
      "order: 12345678901234567890",
      "price: 0.10",
      "version: 1.0",
      "e: 1E5",
    ),
    json("nested.json", '{"a":{"b":[1,"zwei",{"c":null}]}}', "a.b[0]: 1", "a.b[1]: zwei", "a.b[2].c: null"),
    json(
      "lines.json",
      '{"q":"How heavy?","a":"23 kg"}\n{"q":"How late?","a":"22:00"}\n',
      "q: How heavy?; a: 23 kg",
      "q: How late?; a: 22:00",
    ),
    json("cut-lines.json", '{"q":"one"}\n{"q":"two"}\n{"q":"thr', "q: one", "q: two"),
    json("twice.json", '{"a":1,"a":2}', "a: 2"),
    {
      name: "broken.json",
      type: "application/json",
      bytes: Buffer.from("{not json"),
      expected: [],
      fails: /JSON/,
    },
    {
      name: "deep.json",
      type: "application/json",
      bytes: Buffer.from(`${"[".repeat(5_000)}1${"]".repeat(5_000)}`),
      expected: ["…"],
    },
  ];
}

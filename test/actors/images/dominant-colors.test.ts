import test from "ava";
import { appearanceOf } from "../../../actors/images/appearance.ts";
import { openPicture } from "../../../actors/images/picture.ts";
import { limitsSchema } from "../../../schemas/limits.ts";
import { drawn, noise, redCircle } from "../../_kit/fakes/pictures.ts";

const limits = limitsSchema.parse({});

async function colorsOf(bytes: Buffer) {
  return (await appearanceOf(await openPicture(bytes, limits), limits)).colors;
}

test("a red circle on white is white and red, and nothing between", async (t) => {
  const colors = await colorsOf(await redCircle());
  t.deepEqual(
    colors.map(({ hex, name }) => [hex, name]),
    [
      ["#FFFFFF", "白色"],
      ["#FF0000", "红色"],
    ],
  );
  t.true(Math.abs((colors[1]?.percent ?? 0) - 20) < 0.5, JSON.stringify(colors));
  t.true(Math.abs((colors[0]?.percent ?? 0) + (colors[1]?.percent ?? 0) - 100) < 0.11);
});

test("a flag of six stripes has six colours of a sixth each", async (t) => {
  const hexes = ["#E40303", "#FF8C00", "#FFED00", "#008026", "#24408E", "#732982"];
  const stripes = hexes.map((hex, i) => `<rect y="${i * 100}" width="1000" height="100" fill="${hex}"/>`);
  const colors = await colorsOf(await drawn(1000, 600, stripes.join("")));
  t.deepEqual(colors.map(({ hex }) => hex).sort(), hexes.toSorted());
  for (const { percent } of colors) t.true(Math.abs(percent - 16.7) < 0.6, JSON.stringify(colors));
  t.deepEqual(colors.map(({ name }) => name).sort(), ["橙色", "深蓝色", "紫色", "红色", "绿色", "黄色"]);
});

test("black strokes on yellow paper are found, the greys of their edges are not", async (t) => {
  const lines = Array.from(
    { length: 20 },
    (_, i) => `<line x1="0" x2="800" y1="${i * 30}" y2="${i * 30 + 17}" stroke="#000" stroke-width="3"/>`,
  );
  const colors = await colorsOf(
    await drawn(800, 600, `<rect width="800" height="600" fill="#FFE066"/>${lines.join("")}`),
  );
  t.deepEqual(
    colors.map(({ name }) => name),
    ["黄色", "黑色"],
  );
  t.is(colors[0]?.hex, "#FFE066");
});

test("a gradient from black to white is told in greys, darkest to lightest", async (t) => {
  const stops = '<stop offset="0" stop-color="#000"/><stop offset="1" stop-color="#fff"/>';
  const colors = await colorsOf(
    await drawn(
      500,
      100,
      `<linearGradient id="g">${stops}</linearGradient><rect width="500" height="100" fill="url(#g)"/>`,
    ),
  );
  t.true(colors.length >= 3 && colors.length <= 8, JSON.stringify(colors));
  for (const { hex, name } of colors) {
    t.regex(hex, /^#(..)\1\1$/);
    t.regex(name, /黑|灰|白/);
  }
  const total = colors.reduce((sum, { percent }) => sum + percent, 0);
  t.true(Math.abs(total - 100) < 0.5);
});

test("a noisy wall is one colour: its middle", async (t) => {
  const colors = await colorsOf(await noise(600, 400, [74, 144, 217], 30));
  t.is(colors.length, 1, JSON.stringify(colors));
  t.is(colors[0]?.name, "蓝色");
  const value = Number.parseInt((colors[0]?.hex ?? "").slice(1), 16);
  for (const [shift, expected] of [
    [16, 74],
    [8, 144],
    [0, 217],
  ] as const)
    t.true(Math.abs(((value >> shift) & 255) - expected) <= 4, colors[0]?.hex);
});

test("what is transparent has no colour", async (t) => {
  const colors = await colorsOf(await drawn(200, 200, '<rect width="50" height="200" fill="#008000"/>'));
  t.deepEqual(
    colors.map(({ hex, percent, name }) => [hex, percent, name]),
    [["#008000", 100, "绿色"]],
  );
  t.deepEqual(await colorsOf(await drawn(10, 10, "")), []);
});

test("a dark picture is dark, not black throughout", async (t) => {
  const shapes =
    '<rect width="300" height="300" fill="#0b0b0e"/><rect width="300" height="90" fill="#1b2a49"/>';
  const colors = await colorsOf(await drawn(300, 300, shapes));
  t.deepEqual(
    colors.map(({ hex, name }) => [hex, name]),
    [
      ["#0B0B0E", "黑色"],
      ["#1B2A49", "深蓝色"],
    ],
  );
});

test("a single pixel, and a line of them", async (t) => {
  t.like(await colorsOf(await drawn(1, 1, '<rect width="1" height="1" fill="#ffa500"/>')), [
    { hex: "#FFA500", percent: 100, name: "橙色" },
  ]);
  t.is(
    (await colorsOf(await drawn(3000, 1, '<rect width="3000" height="1" fill="#f0f"/>')))[0]?.name,
    "品红色",
  );
});

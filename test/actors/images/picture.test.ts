import test from "ava";
import sharp from "sharp";
import { appearanceOf } from "../../../actors/images/appearance.ts";
import { readExif } from "../../../actors/images/exif.ts";
import { describeLocally } from "../../../actors/images/local-description.ts";
import { openPicture, process } from "../../../actors/images/picture.ts";
import { reducedPicture } from "../../../actors/images/reduced-picture.ts";
import { thumbnailOf } from "../../../actors/images/thumbnail.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { limitsSchema } from "../../../schemas/limits.ts";
import { animation, bomb, drawn, heic, noise, photo, redCircle } from "../../_kit/fakes/pictures.ts";

const limits = limitsSchema.parse({});

test("a picture is as large as it is shown, and EXIF tells no place unless asked", async (t) => {
  const picture = await openPicture(await photo(), limits);
  t.like(picture, { format: "jpeg", width: 60, height: 80, frames: 1, hasAlpha: false });
  const exif = await readExif(picture.exif, false);
  t.like(exif, { Make: "Canon", Model: "EOS R5", FNumber: 2.8, DateTimeOriginal: "2026:05:01 10:20:30" });
  t.false(/gps|latitude|longitude/i.test(JSON.stringify(exif)), JSON.stringify(exif));
  const placed = await readExif(picture.exif, true);
  t.true(Math.abs(Number(placed.latitude) - 31.2304) < 0.001, JSON.stringify(placed));
  t.deepEqual(await readExif(undefined, true), {});
  t.deepEqual(await readExif(Buffer.from("Exif\0\0nonsense"), true), {});
});

test("what a model is shown is upright, bounded and without EXIF", async (t) => {
  const picture = await openPicture(await photo(), limits);
  const shown = await reducedPicture(picture, limits);
  t.regex(shown, /^data:image\/jpeg;base64,/);
  const bytes = Buffer.from(shown.slice(shown.indexOf(",") + 1), "base64");
  t.like(await sharp(bytes).metadata(), { width: 60, height: 80, exif: undefined });
  const large = await openPicture(await noise(1800, 1200, [120, 90, 60], 120), limits);
  const small = await reducedPicture(large, { ...limits, shownImagePx: 300, shownImageBytes: 40_000 });
  t.regex(small, /^data:image\/jpeg;base64,/, "a PNG that is too large becomes a JPEG");
  t.true(small.length < 54_000, String(small.length));
  t.like(await sharp(Buffer.from(small.slice(small.indexOf(",") + 1), "base64")).metadata(), {
    width: 300,
    height: 200,
  });
  t.regex(
    await reducedPicture(await openPicture(await redCircle(), limits), limits),
    /^data:image\/png;base64,/,
  );
});

test("of an animation the first frame is looked at", async (t) => {
  const picture = await openPicture(await animation(), limits);
  t.like(picture, { format: "gif", width: 20, height: 10, frames: 2 });
});

test("what is no picture, too large or broken is refused", async (t) => {
  const refusal = async (bytes: Buffer) =>
    (await t.throwsAsync(async () =>
      process(await openPicture(bytes, limits), limits, (one) => one.raw().toBuffer()),
    )) as (Error & { errorType?: string }) | undefined;
  for (const text of [
    "",
    "hello",
    "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
    "II*\0tiff",
  ])
    t.is((await refusal(Buffer.from(text)))?.errorType, "unsupported_type", text);
  t.is((await refusal(bomb()))?.errorType, "image_too_large");
  const whole = await sharp(await noise(300, 300, [90, 90, 90], 90))
    .jpeg()
    .toBuffer();
  t.is((await refusal(whole.subarray(0, 30)))?.errorType, "invalid_image");
  const png = await redCircle();
  t.is(
    (await refusal(Buffer.concat([png.subarray(0, 40), Buffer.alloc(500, 7)])))?.errorType,
    "invalid_image",
  );
});

test("of a picture that is cut off, what is there is shown", async (t) => {
  const picture = await noise(300, 300, [90, 90, 90], 90);
  for (const whole of [await sharp(picture).jpeg().toBuffer(), picture]) {
    const cut = await openPicture(whole.subarray(0, whole.length * 0.55), limits);
    t.like(cut, { width: 300, height: 300 });
    t.regex(await reducedPicture(cut, limits), /^data:image/);
    const thumbnail = await thumbnailOf(cut, limits);
    const { channels } = await sharp(thumbnail).extract({ left: 0, top: 0, width: 300, height: 100 }).stats();
    t.true((channels[0]?.stdev ?? 0) > 10, "the upper part is seen");
  }
});

test("a JPEG of 200 megapixels is decoded smaller than it is", async (t) => {
  const create = { width: 16_320, height: 12_240, channels: 3, background: "#2288aa" } as const;
  const bytes = await sharp({ create, limitInputPixels: false }).jpeg().toBuffer();
  const picture = await openPicture(bytes, limits);
  t.like(picture, { width: 16_320, height: 12_240 });
  t.like(await sharp(await thumbnailOf(picture, limits)).metadata(), { width: 300, height: 225 });
  t.is((await appearanceOf(picture, limits)).colors[0]?.percent, 100);
});

test("HEIC and AVIF are read", async (t) => {
  const avif = await sharp(await redCircle())
    .avif()
    .toBuffer();
  for (const [bytes, format] of [
    [heic(), "heic"],
    [avif, "avif"],
  ] as const) {
    const picture = await openPicture(bytes, limits);
    t.is(picture.format, format);
    const { colors } = await appearanceOf(picture, limits);
    t.deepEqual(colors.map(({ name }) => name).toSorted(), ["白色", "红色"]);
    t.regex(await reducedPicture(picture, limits), /^data:image/);
  }
});

test("bytes that were changed anywhere are read or refused, never more", async (t) => {
  let state = 99;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state % below;
  };
  const webp = await sharp(await redCircle())
    .webp()
    .toBuffer();
  let refused = 0;
  for (const whole of [await photo(), await redCircle(), await animation(), webp]) {
    for (let round = 0; round < 40; round++) {
      const bytes = Buffer.from(whole);
      for (let changes = 1 + random(8); changes > 0; changes--) bytes[random(bytes.length)] = random(256);
      try {
        const picture = await openPicture(bytes, limits);
        t.regex(await reducedPicture(picture, limits), /^data:image/);
        describeLocally(picture, await appearanceOf(picture, limits));
        await readExif(picture.exif, true);
      } catch (err) {
        refused += 1;
        t.true(err instanceof ParleyError, String(err));
        t.true(err instanceof ParleyError && err.status < 500);
      }
    }
  }
  t.true(refused < 160, String(refused));
});

test("unusual pictures are read: grey, CMYK, 16 bits, a palette with a hole", async (t) => {
  const circle = sharp(await redCircle());
  const kinds = [
    await circle.clone().greyscale().jpeg().toBuffer(),
    await circle.clone().toColourspace("cmyk").jpeg().toBuffer(),
    await circle.clone().toColourspace("rgb16").png().toBuffer(),
    await circle.clone().png({ palette: true, colours: 4 }).toBuffer(),
    await circle.clone().gif().toBuffer(),
    await circle.clone().webp({ lossless: true }).toBuffer(),
  ];
  for (const [index, bytes] of kinds.entries()) {
    const picture = await openPicture(bytes, limits);
    const { colors } = await appearanceOf(picture, limits);
    t.is(colors[0]?.name, "白色", `${index}: ${JSON.stringify(colors)}`);
    if (index > 0) t.is(colors[1]?.name, "红色", `${index}: ${JSON.stringify(colors)}`);
    t.regex(await reducedPicture(picture, limits), /^data:image\/(png|jpeg)/);
  }
});

test("a local description tells what was measured, and no more", async (t) => {
  const described = async (bytes: Buffer) => {
    const picture = await openPicture(bytes, limits);
    return describeLocally(picture, await appearanceOf(picture, limits));
  };
  const circle = await redCircle();
  t.is(
    await described(circle),
    "PNG 图片，400×300 像素（横向）。主要颜色：白色 80%、红色 20%。整体明亮，边缘清晰。以上为本地测量结果，未识别画面内容。",
  );
  t.regex(await described(await sharp(circle).blur(25).png().toBuffer()), /没有清晰的边缘/);
  t.regex(await described(await photo()), /^JPEG 图片，60×80 像素（纵向）。主要颜色：蓝色 100%。亮度适中/);
  t.regex(await described(await animation()), /^GIF 动图，共 2 帧，20×10 像素（横向）/);
  t.regex(await described(await drawn(9, 9, "")), /正方形.*画面完全透明/);
  const half = '<rect width="50" height="100" fill="#111"/>';
  t.regex(await described(await drawn(100, 100, half)), /整体偏暗.*约 50% 的面积透明/);
});

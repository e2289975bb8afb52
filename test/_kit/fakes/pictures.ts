import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";

/** Renders SVG to PNG. */
export function drawn(width: number, height: number, shapes: string): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes}</svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}

/** A red circle that covers 20 % of a white image, 400 × 300. */
export function redCircle(): Promise<Buffer> {
  return drawn(
    400,
    300,
    '<rect width="400" height="300" fill="#fff"/><circle cx="200" cy="150" r="87.4" fill="#f00"/>',
  );
}

/** Noise around a colour, like a photo of a plain wall; deterministic by seed. */
export function noise(width: number, height: number, of: readonly number[], spread: number): Promise<Buffer> {
  let state = 12_345;
  const random = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff - 0.5;
  };
  const raw = Buffer.alloc(width * height * 3);
  for (let at = 0; at < raw.length; at += 3) {
    const light = random() * spread;
    for (let i = 0; i < 3; i++)
      raw[at + i] = Math.min(255, Math.max(0, Math.round((of[i] ?? 0) + light + random() * (spread / 2))));
  }
  return sharp(raw, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** A JPEG of a camera held upright in Shanghai, stored in landscape orientation, 80 × 60. */
export function photo(): Promise<Buffer> {
  return sharp({ create: { width: 80, height: 60, channels: 3, background: "#4A90D9" } })
    .jpeg({ quality: 95 })
    .withExif({
      IFD0: { Make: "Canon", Model: "EOS R5" },
      IFD2: { DateTimeOriginal: "2026:05:01 10:20:30", FNumber: "28/10" },
      IFD3: {
        GPSLatitudeRef: "N",
        GPSLatitude: "31/1 13/1 4958/100",
        GPSLongitudeRef: "E",
        GPSLongitude: "121/1 28/1 2531/100",
      },
    })
    .withMetadata({ orientation: 6 })
    .toBuffer();
}

/** An animation with two frames. */
export async function animation(): Promise<Buffer> {
  const frame = (background: string) =>
    sharp({ create: { width: 20, height: 10, channels: 3, background } })
      .png()
      .toBuffer();
  return sharp([await frame("#00f"), await frame("#ff0")], { join: { animated: true } })
    .gif()
    .toBuffer();
}

/** A PNG of 20,000 × 20,000 white pixels in a few kilobytes. */
export function bomb(): Buffer {
  const side = 20_000;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  // One bit per pixel, greyscale.
  head[8] = 1;
  const rows = Buffer.alloc((side / 8 + 1) * side);
  const magic = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([magic, chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND")]);
}

function chunk(type: string, data = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** A HEIC file of 96 × 64: the left half red, the right half white. */
export function heic(): Buffer {
  return Buffer.from(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAVZtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABegABAAAAAAAAAJIAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA1mlwcnAAAAC3aXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoDCBBZbqSSmubgIaDAgAAAMAyAAAAwAIQGIAAQAHRAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABgAAAAQAAAABBwaXhpAAAAAAMICAgAAAAXaXBtYQAAAAAAAAABAAEEgQIDBAAAAJptZGF0AAAAjigBr1iT/wdJL//5zu//yo9IfYledG4t+dBmL0/if7hsoDIYcHqFND58YGa9Gt4dLJ1+AMGNoCoJlfACsROTGTVBFDH/TIuZuipvjDa3/XScTrsZquC6GGHl5zTHv899F1+jT03rzGMY39nmVmKkJd/PzAWnYxK3aownQCAaDUF7jtNpENitSlKd8jFI52A=",
    "base64",
  );
}

/**
 * A stored vector: 4 bytes of scale (float32, little endian), then one signed byte a dimension. A vector of length 1
 * keeps more than 99.9 % of its direction in a quarter of the space.
 */
export function packVector(vector: Float32Array): Uint8Array {
  let peak = 0;
  for (const value of vector) peak = Math.max(peak, Math.abs(value));
  const scale = peak / 127 || 1;
  const packed = new Uint8Array(4 + vector.length);
  new DataView(packed.buffer).setFloat32(0, scale, true);
  const codes = new Int8Array(packed.buffer, 4);
  for (let i = 0; i < vector.length; i++) codes[i] = Math.round((vector[i] ?? 0) / scale);
  return packed;
}

/** The vector of {@link packVector}, as float32. */
export function unpackVector(packed: Uint8Array): Float32Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const scale = view.getFloat32(0, true);
  const vector = new Float32Array(packed.byteLength - 4);
  for (let i = 0; i < vector.length; i++) vector[i] = view.getInt8(4 + i) * scale;
  return vector;
}

/** Dot product of two vectors of the same length: their cosine, as all are of length 1. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/**
 * Quantizes a vector to 4 bytes of scale (float32, little endian) and one signed byte per dimension. A unit
 * vector keeps more than 99.9 % of its direction in a quarter of the space.
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

/** Unpacks a vector of {@link packVector} to float32. */
export function unpackVector(packed: Uint8Array): Float32Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const scale = view.getFloat32(0, true);
  const vector = new Float32Array(packed.byteLength - 4);
  for (let i = 0; i < vector.length; i++) vector[i] = view.getInt8(4 + i) * scale;
  return vector;
}

/** Dot product of two vectors of equal length; for unit vectors this is their cosine similarity. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

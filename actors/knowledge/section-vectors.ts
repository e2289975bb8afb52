/** How much of its section's mean goes into a chunk's vector; from 0.4 to 1 the evaluation set says much the same. */
const sectionShare = 0.6;

/**
 * Vectors of one document's chunks, each with something of its section: a short chunk rarely says what it is about, the
 * chunks beside it do. Chunks are beside each other when they stand under the same parent heading.
 */
export function withSections(
  chunks: readonly { heading: string }[],
  vectors: readonly Float32Array[],
): Float32Array[] {
  const sections = new Map<string, number[]>();
  for (const [i, { heading }] of chunks.entries()) {
    const parent = heading.split(" › ").slice(0, -1).join(" › ");
    const members = sections.get(parent);
    if (members === undefined) sections.set(parent, [i]);
    else members.push(i);
  }
  const mixed = [...vectors];
  for (const members of sections.values()) {
    const mean = meanOf(members.flatMap((i) => vectors[i] ?? []));
    for (const i of members) {
      const own = vectors[i];
      if (own !== undefined) mixed[i] = unit(own.map((value, d) => value + sectionShare * (mean[d] ?? 0)));
    }
  }
  return mixed;
}

function meanOf(vectors: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(vectors[0]?.length ?? 0);
  for (const vector of vectors)
    for (let d = 0; d < mean.length; d++) mean[d] = (mean[d] ?? 0) + (vector[d] ?? 0) / vectors.length;
  return mean;
}

function unit(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const norm = Math.sqrt(sum) || 1;
  return vector.map((value) => value / norm);
}

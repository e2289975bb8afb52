import { readDocument } from "../../../actors/extraction/document-text.ts";
import { formatOf } from "../../../actors/extraction/format.ts";
import { docxFixtures } from "./docx-fixtures.ts";
import type { Fixture } from "./fixture.ts";
import { pdfFixtures } from "./pdf-fixtures.ts";
import { recordFixtures } from "./record-fixtures.ts";
import { textFixtures } from "./text-fixtures.ts";
import { webFixtures } from "./web-fixtures.ts";

/** All generated documents. */
export function documentFixtures(): Fixture[] {
  return [...textFixtures(), ...recordFixtures(), ...webFixtures(), ...pdfFixtures(), ...docxFixtures()];
}

/** Lists what is wrong with the parsed content of a fixture; empty when correct. */
export async function faultsOf(fixture: Fixture): Promise<string[]> {
  const { bytes, type, charset, expected, absent = [], warning, fails } = fixture;
  const format = formatOf(type);
  if (format === undefined) return [`${type} is not read`];
  let text = "";
  let warned = "";
  try {
    const read = await readDocument(bytes, { format, charset, maxBytes: 50 * 1024 * 1024 });
    text = read.text;
    warned = read.warning ?? "";
    if (fails !== undefined) return [`read as ${JSON.stringify(text.slice(0, 80))}`];
  } catch (err) {
    const { message } = err as Error;
    return fails?.test(message) === true ? [] : [`failed: ${message}`];
  }
  return [
    ...expected
      .filter((part) => !text.includes(part))
      .map((part) => `lacks ${JSON.stringify(part)} in ${JSON.stringify(text.slice(0, 300))}`),
    ...absent.filter((part) => text.includes(part)).map((part) => `holds ${JSON.stringify(part)}`),
    ...(warning === undefined || warning.test(warned) ? [] : [`warns ${JSON.stringify(warned)}`]),
  ];
}
